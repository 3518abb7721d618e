package signin_test

import (
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/identity/signin"
)

func TestAuthorize_ForTheEndpointThatNeverWrites(t *testing.T) {
	w := newWorld(t, func(o *signin.Options) { o.Writes = true })
	id := w.plain()
	for _, c := range []struct {
		resource        string
		readOnly, write bool
	}{
		{w.issuer + "/mcp/readonly", true, false},
		{w.issuer + "/mcp", false, true},
		{"-", false, true},
	} {
		a := w.signIn(ada, id, "resource", c.resource, "scope", "library:read library:write")
		for name, token := range map[string]string{"first": a.AccessToken} {
			p, err := w.verify(token)
			if err != nil || p.ReadOnly != c.readOnly || p.May(identity.Write) != c.write {
				t.Errorf("%s, %s token: %+v, %v", c.resource, name, p, err)
			}
		}
	}
}
