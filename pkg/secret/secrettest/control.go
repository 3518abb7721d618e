package secrettest

import (
	"time"

	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
)

// Add stores a new version of a secret, which it creates if need be, and
// returns its number. The secret is named as
// projects/P[/locations/L]/secrets/S, here and everywhere.
func (s *Service) Add(secret, value string) int64 { return s.AddAt(secret, value, time.Now()) }

// AddAt is [Service.Add] for a version that was created at a given time.
func (s *Service) AddAt(secret, value string, created time.Time) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.add(secret, []byte(value), created)
}

// add is AddAt under s.mu.
func (s *Service) add(secret string, data []byte, created time.Time) int64 {
	s.secrets[secret] = append(s.secrets[secret], &version{data: data, state: secretmanagerpb.SecretVersion_ENABLED, created: created})
	return int64(len(s.secrets[secret]))
}

// Delete removes a secret with all its versions; its numbers begin anew.
func (s *Service) Delete(secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.secrets, secret)
}

// Disable disables a version until [Service.Enable].
func (s *Service) Disable(secret string, number int64) {
	s.set(secret, number, secretmanagerpb.SecretVersion_DISABLED)
}

// Enable enables a version that is disabled.
func (s *Service) Enable(secret string, number int64) {
	s.set(secret, number, secretmanagerpb.SecretVersion_ENABLED)
}

// Destroy destroys a version for good.
func (s *Service) Destroy(secret string, number int64) {
	s.set(secret, number, secretmanagerpb.SecretVersion_DESTROYED)
}

// set gives a version that exists another state.
func (s *Service) set(secret string, number int64, state secretmanagerpb.SecretVersion_State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.secrets[secret][number-1]
	v.state = state
	if state == secretmanagerpb.SecretVersion_DESTROYED {
		v.data = nil
	}
}

// Deny denies every access to a secret, or allows it again.
func (s *Service) Deny(secret string, denied bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.denied[secret] = denied
}

// AllowMetadata allows to read what versions are, as roles/secretmanager.viewer
// does.
func (s *Service) AllowMetadata() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.metadata = true
}

// Down makes every call fail as UNAVAILABLE, or ends that.
func (s *Service) Down(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
}

// Fail makes so many of the next readings of a version, by the name it is
// asked for, "latest" or a number, fail as UNAVAILABLE.
func (s *Service) Fail(secret, version string, times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failing[secret+"/versions/"+version] = times
}

// Slow makes every call wait so long for its answer.
func (s *Service) Slow(delay time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delay = delay
}

// Damage makes every payload arrive with a bit turned and the checksum of what
// was stored, or ends that.
func (s *Service) Damage(damaging bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.damaging = damaging
}

// Lag makes latest stand for an older version than the newest: the service is
// only eventually consistent in it. 0 ends that.
func (s *Service) Lag(secret string, number int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lagging[secret] = number
}

// Reads returns how often one of a secret's versions was asked for by a name,
// "latest" or a number.
func (s *Service) Reads(secret, version string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reads[secret+"/versions/"+version]
}
