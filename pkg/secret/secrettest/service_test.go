package secrettest_test

import (
	"context"
	"strings"
	"testing"
	"time"

	secretmanager "cloud.google.com/go/secretmanager/apiv1"
	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/stackroom-mcp/stackroom/pkg/secret/secrettest"
)

const key = "projects/my-project/secrets/key"

// connect returns a service and a real client.
func connect(t *testing.T) (*secrettest.Service, *secretmanager.Client) {
	t.Helper()
	service := secrettest.New(t)
	client, err := secretmanager.NewClient(t.Context(), service.ClientOptions()...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return service, client
}

func TestService_FollowsSecretManager(t *testing.T) {
	service, client := connect(t)
	access := func(version string) (string, codes.Code) {
		answer, err := client.AccessSecretVersion(t.Context(), &secretmanagerpb.AccessSecretVersionRequest{Name: key + "/versions/" + version})
		return answer.GetName() + " " + string(answer.GetPayload().GetData()), status.Code(err)
	}
	expect := func(when, version, want string, code codes.Code) {
		t.Helper()
		if got, c := access(version); c != code || code == codes.OK && got != "projects/123456789012/secrets/key/versions/"+want {
			t.Errorf("%s, %s is %q, %s; want %q, %s", when, version, got, c, want, code)
		}
	}
	expect("before anything", "latest", "", codes.NotFound)
	service.Add(key, "one")
	service.Add(key, "two")
	expect("with two", "latest", "2 two", codes.OK)
	expect("with two", "1", "1 one", codes.OK)
	expect("with two", "3", "", codes.NotFound)
	expect("with two", "0", "", codes.InvalidArgument)
	service.Disable(key, 2)
	expect("with 2 disabled", "latest", "", codes.FailedPrecondition)
	expect("with 2 disabled", "1", "1 one", codes.OK)
	service.Enable(key, 2)
	expect("with 2 enabled", "latest", "2 two", codes.OK)
	service.Destroy(key, 1)
	expect("with 1 destroyed", "1", "", codes.FailedPrecondition)
	service.Deny(key, true)
	expect("denied", "latest", "", codes.PermissionDenied)
	expect("denied", "9", "", codes.PermissionDenied)
}

func TestService_VerifiesChecksumOnWrite(t *testing.T) {
	service, client := connect(t)
	right, wrong := int64(0xe3069283), int64(0xe3069282) // CRC-32C's check value, of "123456789"
	for _, c := range []struct {
		name string
		data string
		sum  *int64
		code codes.Code
	}{
		{"without a checksum", "123456789", nil, codes.OK},
		{"with its checksum", "123456789", &right, codes.OK},
		{"with a wrong checksum", "123456789", &wrong, codes.InvalidArgument},
		{"empty", "", nil, codes.InvalidArgument},
		{"the largest", strings.Repeat("x", 64<<10), nil, codes.OK},
		{"too large", strings.Repeat("x", 64<<10+1), nil, codes.InvalidArgument},
	} {
		_, err := client.AddSecretVersion(t.Context(), &secretmanagerpb.AddSecretVersionRequest{Parent: key, Payload: &secretmanagerpb.SecretPayload{Data: []byte(c.data), DataCrc32C: c.sum}})
		if status.Code(err) != c.code {
			t.Errorf("%s: %v, want %s", c.name, err, c.code)
		}
	}
	if service.Reads(key, "latest") != 0 {
		t.Error("adding counts as reading")
	}
}

func TestService_ReturnsStoredChecksum(t *testing.T) {
	service, client := connect(t)
	service.Add(key, "123456789")
	for _, damaged := range []bool{false, true} {
		service.Damage(damaged)
		answer, err := client.AccessSecretVersion(t.Context(), &secretmanagerpb.AccessSecretVersionRequest{Name: key + "/versions/latest"})
		if err != nil {
			t.Fatal(err)
		}
		if sum := answer.GetPayload().GetDataCrc32C(); sum != 0xe3069283 {
			t.Errorf("the checksum is %#x", sum)
		}
		if same := string(answer.GetPayload().GetData()) == "123456789"; same == damaged {
			t.Errorf("damaged %v: %q", damaged, answer.GetPayload().GetData())
		}
	}
}

func TestService_MetadataNeedsPermission(t *testing.T) {
	service, client := connect(t)
	created := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	service.AddAt(key, "one", created)
	get := func() (*secretmanagerpb.SecretVersion, error) {
		return client.GetSecretVersion(t.Context(), &secretmanagerpb.GetSecretVersionRequest{Name: key + "/versions/latest"})
	}
	if _, err := get(); status.Code(err) != codes.PermissionDenied {
		t.Errorf("an accessor gets: %v", err)
	}
	service.AllowMetadata()
	if v, err := get(); err != nil || !v.GetCreateTime().AsTime().Equal(created) || v.GetState() != secretmanagerpb.SecretVersion_ENABLED {
		t.Errorf("a viewer gets %v, %v", v, err)
	}
}

func TestService_DownAndSlow(t *testing.T) {
	service, client := connect(t)
	service.Add(key, "one")
	service.AllowMetadata()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	request := &secretmanagerpb.GetSecretVersionRequest{Name: key + "/versions/1"}
	service.Down(true)
	if _, err := client.GetSecretVersion(t.Context(), request); status.Code(err) != codes.Unavailable {
		t.Errorf("down: %v", err)
	}
	service.Down(false)
	service.Slow(time.Hour)
	if _, err := client.GetSecretVersion(ctx, request); status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("slow: %v", err)
	}
	service.Slow(0)
	if _, err := client.GetSecretVersion(t.Context(), request); err != nil {
		t.Errorf("up again: %v", err)
	}
}
