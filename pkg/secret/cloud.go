package secret

import (
	"context"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"
	"sync"
	"time"

	secretmanager "cloud.google.com/go/secretmanager/apiv1"
	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"github.com/googleapis/gax-go/v2"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
)

const (
	// mostPayload is the largest secret in Secret Manager, in bytes
	// (SecretPayload in its API).
	mostPayload = 64 << 10
	// mostAnswer bounds a response, in bytes.
	mostAnswer = 1 << 20
	// sideTimeout bounds the optional reads beside the current version.
	sideTimeout = 5 * time.Second
)

// endpoint returns the address of Secret Manager, global or for a region.
func endpoint(location string) string {
	if location == "" {
		return "secretmanager.googleapis.com:443"
	}
	return "secretmanager." + location + ".rep.googleapis.com:443"
}

// cloud holds one Secret Manager client per region, created when the first
// setting needs it: most deployments need one, a laptop none.
type cloud struct {
	options []option.ClientOption

	mu      sync.Mutex
	clients map[string]func() (*secretmanager.Client, error) // by region
}

// client returns the client for a region, "" for the global service.
func (c *cloud) client(ctx context.Context, location string) (*secretmanager.Client, error) {
	c.mu.Lock()
	dial := c.clients[location]
	if dial == nil {
		ctx = context.WithoutCancel(ctx) // the client outlives this call
		dial = sync.OnceValues(func() (*secretmanager.Client, error) {
			return secretmanager.NewClient(ctx, append([]option.ClientOption{option.WithEndpoint(endpoint(location))}, c.options...)...)
		})
		c.clients[location] = dial
	}
	c.mu.Unlock()
	return dial()
}

// close closes every connection.
func (c *cloud) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, dial := range c.clients {
		if client, err := dial(); err == nil {
			_ = client.Close() // nothing to do about an error
		}
	}
}

// cloudLookup reads a secret from Secret Manager.
type cloudLookup struct {
	cloud     *cloud
	reference reference
	overlap   time.Duration
}

// look implements [lookup].
func (l *cloudLookup) look(ctx context.Context, before view) (view, *Fault) {
	current, fault := l.current(ctx, before.current.number)
	if fault != nil {
		return view{}, fault
	}
	if known := before.current; known.number == current.number && known.value.Equal(current.value) {
		current.created, current.since = known.created, known.since
	} else {
		current.created, current.since = l.created(ctx, current.number), time.Now()
	}
	if l.reference.version != latest {
		return view{current: current}, nil
	}
	return view{current: current, former: l.former(ctx, current, before)}, nil
}

// current reads the version that the reference names. Secret Manager is
// strongly consistent only for reads by version number; "latest" may return an
// older version than a previous read did. So the newest version seen so far
// stays current until it is disabled or destroyed.
func (l *cloudLookup) current(ctx context.Context, seen int64) (held, *Fault) {
	h, fault := l.access(ctx, l.reference.version)
	if fault != nil || h.number >= seen {
		return h, fault
	}
	newer, fault := l.access(ctx, strconv.FormatInt(seen, 10))
	if fault != nil && fault.gone() {
		return h, nil
	}
	return newer, fault
}

// former reads the enabled versions before the current one that are within
// their overlap. A version that can't be read now stays as it was.
func (l *cloudLookup) former(ctx context.Context, current held, before view) []held {
	var former []held
	newer := current
	for range mostFormer {
		number, until := newer.number-1, newer.begun().Add(l.overlap)
		if number < 1 || !time.Now().Before(until) { // or unknown: treated as long ago
			break
		}
		older, known := before.version(number)
		if !known {
			older = held{number: number, created: l.created(ctx, number)}
		}
		older.until = until
		side, cancel := context.WithTimeout(ctx, sideTimeout)
		found, fault := l.access(side, strconv.FormatInt(number, 10), gax.WithRetry(func() gax.Retryer { return nil }))
		cancel()
		if fault == nil {
			older.value = found.value
		}
		if fault == nil || known && !fault.gone() {
			former = append(former, older)
		}
		newer = older
	}
	return former
}

// created returns the creation time of a version, or the zero time if the
// account lacks roles/secretmanager.viewer.
func (l *cloudLookup) created(ctx context.Context, number int64) time.Time {
	client, err := l.cloud.client(ctx, l.reference.location)
	if err != nil {
		return time.Time{}
	}
	ctx, cancel := context.WithTimeout(ctx, sideTimeout)
	defer cancel()
	v, err := client.GetSecretVersion(ctx, &secretmanagerpb.GetSecretVersionRequest{Name: l.name(strconv.FormatInt(number, 10))})
	if err != nil || v.GetCreateTime() == nil {
		return time.Time{}
	}
	return v.GetCreateTime().AsTime()
}

// access reads one version. The client retries until ctx ends.
func (l *cloudLookup) access(ctx context.Context, version string, options ...gax.CallOption) (held, *Fault) {
	client, err := l.cloud.client(ctx, l.reference.location)
	if err != nil {
		return held{}, noCredentials(err)
	}
	options = append(options, gax.WithGRPCOptions(grpc.MaxCallRecvMsgSize(mostAnswer)))
	answer, err := client.AccessSecretVersion(ctx, &secretmanagerpb.AccessSecretVersionRequest{Name: l.name(version)}, options...)
	if err != nil {
		return held{}, faultOf(l.reference, err)
	}
	h, fault := l.read(answer)
	if fault != nil {
		fault.Message = l.reference.parent() + " " + fault.Message
	}
	return h, fault
}

// read validates a response and returns its value.
func (l *cloudLookup) read(answer *secretmanagerpb.AccessSecretVersionResponse) (held, *Fault) {
	payload := answer.GetPayload()
	_, digits, _ := strings.Cut(answer.GetName(), "/secrets/"+l.reference.secret+"/versions/")
	number, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || number < 1 {
		return held{}, &Fault{Reason: Damaged, Message: "came without a version number", Hint: "read it again, and add a new version if that does not help", Cause: err}
	}
	if len(payload.GetData()) > mostPayload {
		return held{}, &Fault{Reason: Unusable, Message: "is larger than 64 KiB, the limit of Secret Manager", Hint: "store a smaller one"}
	}
	// Secrets stored since 2021 have a checksum; older ones may have none.
	if payload.DataCrc32C != nil && payload.GetDataCrc32C() != int64(crc32.Checksum(payload.GetData(), crc32.MakeTable(crc32.Castagnoli))) {
		return held{}, &Fault{Reason: Damaged, Message: fmt.Sprintf("arrived damaged in version %d: its CRC32C does not match", number), Hint: "read it again, and add a new version if that does not help"}
	}
	secret, fault := text(payload.GetData())
	return held{value: newValue(secret, digits), number: number}, fault
}

// name returns the resource name of a version.
func (l *cloudLookup) name(version string) string {
	return l.reference.parent() + "/versions/" + version
}
