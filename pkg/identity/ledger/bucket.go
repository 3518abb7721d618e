package ledger

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"time"

	"cloud.google.com/go/storage"
	"google.golang.org/api/googleapi"
)

// Bucket is a ledger in a Cloud Storage bucket: an empty object for each entry,
// named "ledger/" and the digest of the entry's name, whose custom time is when
// it expires. Give the bucket a lifecycle rule that deletes objects under that
// prefix a day after their custom time; nothing else ever deletes but a claim
// on a name that has expired.
type Bucket struct {
	bucket *storage.BucketHandle
	now    func() time.Time
	limit  time.Duration
}

// Prefix begins the names of the objects of a [Bucket].
const Prefix = "ledger/"

// The metadata of an object: when it was entered, and by which claim, so that
// a claim that is sent again knows itself.
const (
	enteredAt = "at"
	claimant  = "claim"
)

// NewBucket returns the ledger in a bucket. Each call of it ends after limit.
func NewBucket(bucket *storage.BucketHandle, limit time.Duration, now func() time.Time) *Bucket {
	return &Bucket{bucket: bucket, now: now, limit: limit}
}

// Claim enters name until it expires, unless it is there already, and returns
// when it was entered. Only one of any number of claims at the same time, in
// whatever process, is the first. The error has the code Unavailable.
func (b *Bucket) Claim(ctx context.Context, name string, expires time.Time) (Entry, error) {
	ctx, cancel := context.WithTimeout(ctx, b.limit)
	defer cancel()
	object, claim := b.bucket.Object(Prefix+digest(name)), rand.Text()
	for range 3 { // a second time after an expired entry is gone, a third after somebody else did the same
		now := b.now()
		err := create(ctx, object, storage.ObjectAttrs{
			CustomTime: expires, Metadata: map[string]string{enteredAt: now.UTC().Format(time.RFC3339Nano), claimant: claim},
		})
		if err == nil {
			return Entry{At: now, First: true}, nil
		}
		if !taken(err) {
			return Entry{}, unavailable(err)
		}
		attrs, err := object.Attrs(ctx)
		switch {
		case errors.Is(err, storage.ErrObjectNotExist): // deleted since
		case err != nil:
			return Entry{}, unavailable(err)
		case now.Before(attrs.CustomTime):
			return read(attrs, claim)
		default:
			err = object.If(storage.Conditions{GenerationMatch: attrs.Generation}).Delete(ctx)
			if err != nil && !taken(err) && !errors.Is(err, storage.ErrObjectNotExist) {
				return Entry{}, unavailable(err)
			}
		}
	}
	return Entry{}, unavailable(errors.New("ledger: an entry comes and goes"))
}

// create makes an empty object unless there is one. A precondition makes the
// request one that the client library sends again when it fails on the way.
func create(ctx context.Context, object *storage.ObjectHandle, attrs storage.ObjectAttrs) error {
	w := object.If(storage.Conditions{DoesNotExist: true}).NewWriter(ctx)
	w.CustomTime, w.Metadata, w.ContentType = attrs.CustomTime, attrs.Metadata, "application/octet-stream"
	w.ChunkSize = googleapi.MinUploadChunkSize // the smallest buffer; without one a failed request is not sent again
	return w.Close()
}

// taken reports whether a precondition did not hold.
func taken(err error) bool {
	var status *googleapi.Error
	return errors.As(err, &status) && status.Code == http.StatusPreconditionFailed
}

// read returns the entry that an object stands for.
func read(attrs *storage.ObjectAttrs, claim string) (Entry, error) {
	at, err := time.Parse(time.RFC3339Nano, attrs.Metadata[enteredAt])
	if err != nil {
		return Entry{}, unavailable(fmt.Errorf("ledger: object without a time: %w", err))
	}
	return Entry{At: at, First: attrs.Metadata[claimant] == claim}, nil
}

// Holds reports whether name is entered and has not expired. The error has the
// code Unavailable.
func (b *Bucket) Holds(ctx context.Context, name string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, b.limit)
	defer cancel()
	attrs, err := b.bucket.Object(Prefix + digest(name)).Attrs(ctx)
	if errors.Is(err, storage.ErrObjectNotExist) {
		return false, nil
	}
	if err != nil {
		return false, unavailable(err)
	}
	return b.now().Before(attrs.CustomTime), nil
}
