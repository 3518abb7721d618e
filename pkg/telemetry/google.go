package telemetry

import (
	"context"
	"net/url"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/oauth"
)

// googleHost takes OTLP and wants Google's credentials with it
// (https://cloud.google.com/stackdriver/docs/reference/telemetry/overview).
const googleHost = "telemetry.googleapis.com"

// googleScope lets a token write telemetry, as far as the account's roles do.
const googleScope = "https://www.googleapis.com/auth/cloud-platform"

// isGoogle reports whether an OTLP endpoint is Google's, which is reached over
// TLS only: a token must not go anywhere else.
func isGoogle(endpoint string) bool {
	u, err := url.Parse(endpoint)
	return err == nil && u.Scheme == "https" && strings.EqualFold(u.Hostname(), googleHost)
}

// applicationDefault is the service's own account, as the platform gives it.
type applicationDefault struct{ credentials.PerRPCCredentials }

// newApplicationDefault finds the application's default credentials. It fails
// if there are none.
func newApplicationDefault(ctx context.Context) (applicationDefault, error) {
	c, err := oauth.NewApplicationDefault(ctx, googleScope)
	return applicationDefault{c}, err
}

// perCall sends a fresh token with every call.
func (a applicationDefault) perCall() grpc.DialOption {
	return grpc.WithPerRPCCredentials(a.PerRPCCredentials)
}
