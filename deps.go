//go:build deps

package deps
import (
 _ "github.com/modelcontextprotocol/go-sdk/mcp"
 _ "github.com/labstack/echo/v4"
 _ "github.com/blevesearch/bleve/v2"
 _ "go.etcd.io/bbolt"
 _ "github.com/caarlos0/env/v11"
 _ "github.com/alecthomas/kong"
 _ "github.com/JohannesKaufmann/html-to-markdown/v2"
 _ "github.com/JohannesKaufmann/html-to-markdown/v2/plugin/table"
 _ "github.com/maypok86/otter/v2"
 _ "github.com/rs/cors"
 _ "github.com/schollz/progressbar/v3"
 _ "github.com/google/go-cmp/cmp"
 _ "golang.org/x/sync/singleflight"
 _ "fortio.org/fortio/fhttp"
 _ "fortio.org/fortio/periodic"
 _ "github.com/gofrs/flock"
 _ "golang.org/x/text/unicode/norm"
 _ "golang.org/x/net/html"
 _ "golang.org/x/term"
 _ "go.opentelemetry.io/otel"
 _ "github.com/google/jsonschema-go/jsonschema"
)
