// Package secrettest simulates Google's Secret Manager for tests: the real
// client uses it over gRPC on loopback. It follows the documented rules of
// google.cloud.secretmanager.v1: version numbers from 1, version states, latest
// as the newest version in any state, CRC32C checked on writes and returned on
// reads, 64 KiB, names with the project number in responses, and permission
// errors before any error about existence.
package secrettest

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

// Service is a Secret Manager without secrets. Every call is allowed except
// reading the metadata of versions ([Service.AllowMetadata]), as for an account
// with roles/secretmanager.secretAccessor. It is safe for concurrent use.
type Service struct {
	secretmanagerpb.UnimplementedSecretManagerServiceServer
	address string

	mu       sync.Mutex
	secrets  map[string][]*version // by projects/P[/locations/L]/secrets/S; version n at index n-1
	denied   map[string]bool
	failing  map[string]int
	metadata bool
	down     bool
	damaging bool
	delay    time.Duration
	lagging  map[string]int64
	reads    map[string]int
}

// version is one version of a secret.
type version struct {
	data    []byte
	state   secretmanagerpb.SecretVersion_State
	created time.Time
}

// New returns a service on its own loopback port, which runs until the test
// ends.
func New(tb testing.TB) *Service {
	tb.Helper()
	listener, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	s := &Service{
		address: listener.Addr().String(), secrets: map[string][]*version{}, denied: map[string]bool{}, failing: map[string]int{},
		lagging: map[string]int64{}, reads: map[string]int{},
	}
	server := grpc.NewServer(grpc.UnaryInterceptor(s.intercept))
	secretmanagerpb.RegisterSecretManagerServiceServer(server, s)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	tb.Cleanup(func() {
		server.Stop()
		if err := <-served; err != nil {
			tb.Error(err)
		}
	})
	return s
}

// ClientOptions returns the options with which the real client connects to s.
func (s *Service) ClientOptions() []option.ClientOption {
	return []option.ClientOption{
		option.WithEndpoint(s.address), option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())),
	}
}

// intercept fails or delays calls as the test has set.
func (s *Service) intercept(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	s.mu.Lock()
	down, delay := s.down, s.delay
	s.mu.Unlock()
	if delay > 0 {
		timer := time.NewTimer(delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return nil, status.FromContextError(ctx.Err()).Err()
		}
	}
	if down {
		return nil, status.Error(codes.Unavailable, "The service is currently unavailable.")
	}
	return handle(ctx, request)
}
