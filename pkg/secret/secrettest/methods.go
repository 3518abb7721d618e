package secrettest

import (
	"context"
	"fmt"
	"hash/crc32"
	"regexp"
	"strconv"
	"time"

	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"
)

const (
	projectNumber = "123456789012" // the project number, used in responses
	mostPayload   = 64 << 10
)

// The names of secrets and versions.
var (
	secretName  = regexp.MustCompile(`^projects/([^/]+)((?:/locations/[a-z0-9-]+)?/secrets/[A-Za-z0-9_-]{1,255})$`)
	versionName = regexp.MustCompile(`^(projects/[^/]+((?:/locations/[a-z0-9-]+)?/secrets/[A-Za-z0-9_-]{1,255}))/versions/(latest|[1-9][0-9]*)$`)
)

// AccessSecretVersion returns the data of an enabled version.
func (s *Service) AccessSecretVersion(_ context.Context, r *secretmanagerpb.AccessSecretVersionRequest) (*secretmanagerpb.AccessSecretVersionResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads[r.GetName()]++
	if s.failing[r.GetName()] > 0 {
		s.failing[r.GetName()]--
		return nil, status.Error(codes.Unavailable, "The service is currently unavailable.")
	}
	name, v, err := s.find(r.GetName(), "secretmanager.versions.access")
	if err != nil {
		return nil, err
	}
	if v.state != secretmanagerpb.SecretVersion_ENABLED {
		return nil, status.Errorf(codes.FailedPrecondition, "Secret Version [%s] is in %s state.", name, v.state)
	}
	sum, data := checksum(v.data), v.data
	if s.damaging {
		data = append([]byte{data[0] ^ 1}, data[1:]...)
	}
	return &secretmanagerpb.AccessSecretVersionResponse{Name: name, Payload: &secretmanagerpb.SecretPayload{Data: data, DataCrc32C: &sum}}, nil
}

// GetSecretVersion returns the metadata of a version.
func (s *Service) GetSecretVersion(_ context.Context, r *secretmanagerpb.GetSecretVersionRequest) (*secretmanagerpb.SecretVersion, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.metadata {
		return nil, permissionDenied("secretmanager.versions.get", r.GetName())
	}
	name, v, err := s.find(r.GetName(), "secretmanager.versions.get")
	if err != nil {
		return nil, err
	}
	return describe(name, v), nil
}

// AddSecretVersion stores a new version of a secret, which it creates if it
// does not exist.
func (s *Service) AddSecretVersion(_ context.Context, r *secretmanagerpb.AddSecretVersionRequest) (*secretmanagerpb.SecretVersion, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	parts := secretName.FindStringSubmatch(r.GetParent())
	data := r.GetPayload().GetData()
	switch {
	case parts == nil:
		return nil, status.Error(codes.InvalidArgument, "The provided Secret name does not match the expected format.")
	case s.denied[r.GetParent()]:
		return nil, permissionDenied("secretmanager.versions.add", r.GetParent())
	case len(data) == 0 || len(data) > mostPayload:
		return nil, status.Error(codes.InvalidArgument, "The payload must have between 1 and 65536 bytes.")
	case r.GetPayload().DataCrc32C != nil && r.GetPayload().GetDataCrc32C() != checksum(data):
		return nil, status.Error(codes.InvalidArgument, "The CRC32C of the data does not match the one that came with it.")
	}
	number := s.add(r.GetParent(), data, time.Now())
	return describe("projects/"+projectNumber+parts[2]+"/versions/"+strconv.FormatInt(number, 10), s.secrets[r.GetParent()][number-1]), nil
}

// find returns a version and its full name. The caller holds s.mu.
func (s *Service) find(name, permission string) (string, *version, error) {
	parts := versionName.FindStringSubmatch(name)
	if parts == nil {
		return "", nil, status.Error(codes.InvalidArgument, "The provided Secret Version name does not match the expected format.")
	}
	secret := parts[1]
	if s.denied[secret] {
		return "", nil, permissionDenied(permission, name)
	}
	versions := s.secrets[secret]
	number := int64(len(versions))
	if at := s.lagging[secret]; at > 0 {
		number = at
	}
	if parts[3] != "latest" {
		number, _ = strconv.ParseInt(parts[3], 10, 64)
	}
	if number < 1 || number > int64(len(versions)) {
		return "", nil, status.Errorf(codes.NotFound, "Secret Version [%s] not found.", name)
	}
	return fmt.Sprintf("projects/%s%s/versions/%d", projectNumber, parts[2], number), versions[number-1], nil
}

// permissionDenied is the service's error for a missing permission, whether or
// not the resource exists.
func permissionDenied(permission, name string) error {
	return status.Errorf(codes.PermissionDenied, "Permission '%s' denied for resource '%s' (or it may not exist).", permission, name)
}

// describe returns the metadata of a version in API form.
func describe(name string, v *version) *secretmanagerpb.SecretVersion {
	return &secretmanagerpb.SecretVersion{Name: name, CreateTime: timestamppb.New(v.created), State: v.state}
}

// checksum returns the CRC32C of data in API form.
func checksum(data []byte) int64 {
	return int64(crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli)))
}
