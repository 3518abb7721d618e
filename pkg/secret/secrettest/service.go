// Package secrettest is Google's Secret Manager for tests: the real client
// talks to it over real gRPC on loopback. It keeps the service's rules as its
// API documents them (google.cloud.secretmanager.v1): numbers of versions from
// 1, their states, latest as the version created last whatever its state,
// CRC32C checked when a version is added and returned when one is read, 64 KiB,
// names with the project's number in answers, and permissions that are denied
// before anything is said about what exists.
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

// Service is a Secret Manager that begins empty and up, to which everything is
// allowed but to read what versions are ([Service.AllowMetadata]), as to an
// account with roles/secretmanager.secretAccessor. It is safe for concurrent
// use.
type Service struct {
	secretmanagerpb.UnimplementedSecretManagerServiceServer
	address string

	mu       sync.Mutex
	secrets  map[string][]*version // by projects/P[/locations/L]/secrets/S; version n at n-1
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

// New returns a service on a loopback port of its own, until the test ends.
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

// ClientOptions returns what makes the real client talk to s.
func (s *Service) ClientOptions() []option.ClientOption {
	return []option.ClientOption{
		option.WithEndpoint(s.address), option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())),
	}
}

// intercept fails or delays every call as the test asked.
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
