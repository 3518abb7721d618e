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

// Reason says why a secret could not be had. The set is closed.
type Reason string

// The reasons.
const (
	Malformed   Reason = "malformed"   // a reference that has not the right form
	Credentials Reason = "credentials" // the machine has no good credentials of Google Cloud
	Denied      Reason = "denied"      // the account may not read the secret
	Missing     Reason = "missing"     // no such secret, version or file
	Disabled    Reason = "disabled"    // the version is disabled or destroyed
	Unreachable Reason = "unreachable" // Secret Manager did not answer, or not in time
	Unreadable  Reason = "unreadable"  // the file can't be read
	Damaged     Reason = "damaged"     // not what was stored, by its checksum
	Unusable    Reason = "unusable"    // empty, too large or no text
)

// Fault is why the secret of one setting could not be had.
type Fault struct {
	Variable string // the setting
	Reason   Reason
	Message  string // what is wrong, in our words; never the value
	Hint     string // what to do about it
	Cause    error  // for the log, or nil
}

// Error says which setting, what is wrong, and what to do.
func (f *Fault) Error() string { return f.Variable + ": " + f.Message + "; " + f.Hint }

// Unwrap returns the cause.
func (f *Fault) Unwrap() error { return f.Cause }

// Faults is everything that keeps the secrets from being had.
type Faults []*Fault

// Error lists the faults, a line each.
func (f Faults) Error() string {
	var b strings.Builder
	b.WriteString("the secrets can't be had:")
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

// faultOf says in our words why Secret Manager did not give a version.
func faultOf(r reference, err error) *Fault {
	fault := func(reason Reason, message, hint string, args ...any) *Fault {
		return &Fault{Reason: reason, Message: r.parent() + " " + message, Hint: fmt.Sprintf(hint, args...), Cause: err}
	}
	switch code := codeOf(err); code {
	case codes.PermissionDenied:
		if api := (*apierror.APIError)(nil); errors.As(err, &api) && api.Reason() == "SERVICE_DISABLED" {
			return fault(Denied, "can't be read, as the project has not enabled Secret Manager", "gcloud services enable secretmanager.googleapis.com --project=%s", r.project)
		}
		return fault(Denied, "may not be read by the account that this runs as, or does not exist",
			"gcloud secrets add-iam-policy-binding %s %s --member=serviceAccount:ACCOUNT --role=roles/secretmanager.secretAccessor", r.secret, r.flags())
	case codes.NotFound:
		return fault(Missing, "does not exist or has not version "+r.version, "look with gcloud secrets versions list %s %[2]s; add a version with gcloud secrets versions add %[1]s %[2]s --data-file=FILE", r.secret, r.flags())
	case codes.FailedPrecondition:
		return fault(Disabled, "has version "+r.version+" disabled or destroyed", "look with gcloud secrets versions list %s %[2]s; then gcloud secrets versions enable NUMBER --secret=%[1]s %[2]s, or add a new version", r.secret, r.flags())
	case codes.Unauthenticated:
		return noCredentials(err)
	case codes.DeadlineExceeded:
		return fault(Unreachable, "was not given by Secret Manager in time", "see whether this machine reaches %s", endpoint(r.location))
	default:
		return fault(Unreachable, "was not given by Secret Manager, which answered "+code.String(), "see whether this machine reaches %s", endpoint(r.location))
	}
}

// codeOf returns the code of a failed call. The client's own retries end with
// the bare error of the context.
func codeOf(err error) codes.Code {
	if errors.Is(err, context.DeadlineExceeded) {
		return codes.DeadlineExceeded
	}
	return status.Code(err)
}

// noCredentials is the fault of a machine without credentials.
func noCredentials(err error) *Fault {
	return &Fault{
		Reason: Credentials, Message: "this machine has no good credentials of Google Cloud",
		Hint: "run as a service account, or gcloud auth application-default login on your own machine", Cause: err,
	}
}

// gone reports whether a fault says that a version is no longer to be used, as
// against one that only can't be had now.
func (f *Fault) gone() bool {
	return f.Reason == Missing || f.Reason == Disabled || f.Reason == Denied
}
