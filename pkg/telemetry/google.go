package telemetry

import (
	"context"
	"net/url"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/oauth"
)

// googleHost accepts OTLP with Google's credentials
// (https://cloud.google.com/stackdriver/docs/reference/telemetry/overview).
const googleHost = "telemetry.googleapis.com"

// googleScope is the OAuth scope of a token that writes telemetry.
const googleScope = "https://www.googleapis.com/auth/cloud-platform"

// isGoogle reports whether an OTLP endpoint is Google's, over TLS: no other host
// may get a token.
func isGoogle(endpoint string) bool {
	u, err := url.Parse(endpoint)
	return err == nil && u.Scheme == "https" && strings.EqualFold(u.Hostname(), googleHost)
}

// applicationDefault holds the application's default credentials.
type applicationDefault struct{ credentials.PerRPCCredentials }

// newApplicationDefault finds the application's default credentials. It fails
// if there are none.
func newApplicationDefault(ctx context.Context) (applicationDefault, error) {
	c, err := oauth.NewApplicationDefault(ctx, googleScope)
	return applicationDefault{c}, err
}

// perCall returns the option that sends a valid token with every call.
func (a applicationDefault) perCall() grpc.DialOption {
	return grpc.WithPerRPCCredentials(a.PerRPCCredentials)
}
