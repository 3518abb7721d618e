package secret

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/googleapis/gax-go/v2/apierror"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Reason is the reason why a secret is unavailable. The set is closed.
type Reason string

// The reasons.
const (
	Malformed   Reason = "malformed"   // a malformed reference
	Credentials Reason = "credentials" // the machine has no valid Google Cloud credentials
	Denied      Reason = "denied"      // the account may not read the secret
	Missing     Reason = "missing"     // no such secret, version or file
	Disabled    Reason = "disabled"    // the version is disabled or destroyed
	Unreachable Reason = "unreachable" // Secret Manager failed or did not respond in time
	Unreadable  Reason = "unreadable"  // the file can't be read
	Damaged     Reason = "damaged"     // the checksum does not match
	Unusable    Reason = "unusable"    // empty, too large or not text
)

// Fault is the reason why the secret of one setting is unavailable.
type Fault struct {
	Variable string // the setting
	Reason   Reason
	Message  string // the fault in words, without the value
	Hint     string // how to fix it
	Cause    error  // for the log, or nil
}

// Error names the setting, the fault and the fix.
func (f *Fault) Error() string { return f.Variable + ": " + f.Message + "; " + f.Hint }

// Unwrap returns the cause.
func (f *Fault) Unwrap() error { return f.Cause }

// Faults are all faults of the secrets.
type Faults []*Fault

// Error lists the faults, one a line.
func (f Faults) Error() string {
	var b strings.Builder
	b.WriteString("these secrets are unavailable:")
	for _, fault := range f {
		b.WriteString("\n  " + fault.Error())
	}
	return b.String()
}

// Unwrap returns the faults.
func (f Faults) Unwrap() []error {
	all := make([]error, len(f))
	for i := range f {
		all[i] = f[i]
	}
	return all
}

// faultOf returns the fault for an error of Secret Manager.
func faultOf(r reference, err error) *Fault {
	fault := func(reason Reason, message, hint string, args ...any) *Fault {
		return &Fault{Reason: reason, Message: r.parent() + " " + message, Hint: fmt.Sprintf(hint, args...), Cause: err}
	}
	switch code := codeOf(err); code {
	case codes.PermissionDenied:
		if api := (*apierror.APIError)(nil); errors.As(err, &api) && api.Reason() == "SERVICE_DISABLED" {
			return fault(Denied, "can't be read, as the project has not enabled Secret Manager", "gcloud services enable secretmanager.googleapis.com --project=%s", r.project)
		}
		return fault(Denied, "may not be read by the account of this process, or does not exist",
			"gcloud secrets add-iam-policy-binding %s %s --member=serviceAccount:ACCOUNT --role=roles/secretmanager.secretAccessor", r.secret, r.flags())
	case codes.NotFound:
		return fault(Missing, "does not exist or lacks version "+r.version, "list the versions with gcloud secrets versions list %s %[2]s; add one with gcloud secrets versions add %[1]s %[2]s --data-file=FILE", r.secret, r.flags())
	case codes.FailedPrecondition:
		return fault(Disabled, "has version "+r.version+" disabled or destroyed", "list the versions with gcloud secrets versions list %s %[2]s; then gcloud secrets versions enable NUMBER --secret=%[1]s %[2]s, or add a new version", r.secret, r.flags())
	case codes.Unauthenticated:
		return noCredentials(err)
	case codes.DeadlineExceeded:
		return fault(Unreachable, "can't be read: Secret Manager did not respond in time", "check that this machine can reach %s", endpoint(r.location))
	default:
		return fault(Unreachable, "can't be read: Secret Manager returned "+code.String(), "check that this machine can reach %s", endpoint(r.location))
	}
}

// codeOf returns the gRPC code of a failed call. The client's retries end with
// the bare error of the context.
func codeOf(err error) codes.Code {
	if errors.Is(err, context.DeadlineExceeded) {
		return codes.DeadlineExceeded
	}
	return status.Code(err)
}

// noCredentials returns the fault of a machine without credentials.
func noCredentials(err error) *Fault {
	return &Fault{
		Reason: Credentials, Message: "this machine has no valid Google Cloud credentials",
		Hint: "run as a service account, or gcloud auth application-default login on your own machine", Cause: err,
	}
}

// gone reports whether a fault means that a version must no longer be used,
// rather than that it can't be read now.
func (f *Fault) gone() bool {
	return f.Reason == Missing || f.Reason == Disabled || f.Reason == Denied
}
