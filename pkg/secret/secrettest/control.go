package secrettest

import (
	"time"

	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
)

// Add stores a new version of a secret, which it creates if it does not exist,
// and returns its number. Secrets are named projects/P[/locations/L]/secrets/S
// throughout.
func (s *Service) Add(secret, value string) int64 { return s.AddAt(secret, value, time.Now()) }

// AddAt is [Service.Add] with a creation time.
func (s *Service) AddAt(secret, value string, created time.Time) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.add(secret, []byte(value), created)
}

// add is AddAt; the caller holds s.mu.
func (s *Service) add(secret string, data []byte, created time.Time) int64 {
	s.secrets[secret] = append(s.secrets[secret], &version{data: data, state: secretmanagerpb.SecretVersion_ENABLED, created: created})
	return int64(len(s.secrets[secret]))
}

// Delete removes a secret with all its versions; numbering starts again at 1.
func (s *Service) Delete(secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.secrets, secret)
}

// Disable disables a version until [Service.Enable].
func (s *Service) Disable(secret string, number int64) {
	s.set(secret, number, secretmanagerpb.SecretVersion_DISABLED)
}

// Enable enables a disabled version.
func (s *Service) Enable(secret string, number int64) {
	s.set(secret, number, secretmanagerpb.SecretVersion_ENABLED)
}

// Destroy destroys a version permanently.
func (s *Service) Destroy(secret string, number int64) {
	s.set(secret, number, secretmanagerpb.SecretVersion_DESTROYED)
}

// set sets the state of an existing version.
func (s *Service) set(secret string, number int64, state secretmanagerpb.SecretVersion_State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.secrets[secret][number-1]
	v.state = state
	if state == secretmanagerpb.SecretVersion_DESTROYED {
		v.data = nil
	}
}

// Deny sets whether access to a secret is denied.
func (s *Service) Deny(secret string, denied bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.denied[secret] = denied
}

// AllowMetadata allows reading the metadata of versions, as
// roles/secretmanager.viewer does.
func (s *Service) AllowMetadata() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.metadata = true
}

// Down sets whether every call fails as UNAVAILABLE.
func (s *Service) Down(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
}

// Fail makes the next n reads of a version fail as UNAVAILABLE. The version is
// named as in the request: "latest" or a number.
func (s *Service) Fail(secret, version string, times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failing[secret+"/versions/"+version] = times
}

// Slow delays every response.
func (s *Service) Slow(delay time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delay = delay
}

// Damage sets whether payloads arrive with a flipped bit and the original
// checksum.
func (s *Service) Damage(damaging bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.damaging = damaging
}

// Lag sets how many versions latest lags behind the newest: the service is only
// eventually consistent in it. 0 ends the lag.
func (s *Service) Lag(secret string, number int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lagging[secret] = number
}

// Reads returns the number of reads of a secret's version under a name,
// "latest" or a number.
func (s *Service) Reads(secret, version string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reads[secret+"/versions/"+version]
}
