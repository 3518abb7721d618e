package main

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
)

// The two people of the test, and how the first one's first key is known
// before the server is asked.
const (
	owner    = 101
	outsider = 202
)

// keyInfo is one key as the administrator sees it.
type keyInfo struct {
	Key  string `json:"key"`
	Name string `json:"name"`
}

// signUp makes the two users, unless the server already knows the owner's
// key; it returns the keys that can do all that their users can.
func signUp(ctx context.Context, admin *api, key string) (ownerKey, outsiderKey string, err error) {
	known := *admin
	known.key = key
	var who struct{ UserID int }
	if err := known.get(ctx, "/keys/current", &who); err != nil && code(err) != http.StatusForbidden {
		return "", "", err
	}
	if who.UserID != owner {
		// This empties the server, which knows none of ours.
		if err := admin.post(ctx, fmt.Sprintf("/test/setup?u=%d&u2=%d", owner, outsider), nil, nil, nil); err != nil {
			return "", "", err
		}
	}
	outsiderKey, err = ensureKey(ctx, admin, outsider, "the outsider's", everything)
	return key, outsiderKey, err
}

// everything is what a key may do that may do all.
var everything = object{"user": object{"library": true, "files": true, "notes": true, "write": true}, "groups": object{"all": object{"library": true, "write": true}}}

// ensureKey returns the user's key of that name, and makes it if there is
// none.
func ensureKey(ctx context.Context, admin *api, user int, name string, access object) (string, error) {
	path := fmt.Sprintf("/users/%d/keys", user)
	var have []keyInfo
	if err := admin.get(ctx, path, &have); err != nil {
		return "", err
	}
	for _, k := range have {
		if k.Name == name {
			return k.Key, nil
		}
	}
	var made keyInfo
	err := admin.post(ctx, path, nil, object{"name": name, "access": access}, &made)
	if err == nil && made.Key == "" {
		err = fmt.Errorf("the server does not tell the key that it made for user %d", user)
	}
	return made.Key, err
}

// ensureGroup returns the number of the private group of that name with these
// members beside its owner, and makes it if there is none.
func ensureGroup(ctx context.Context, admin *api, name string, ownerID int, members ...int) (int, error) {
	var have []struct {
		ID   int
		Data struct{ Name string }
	}
	if err := admin.get(ctx, "/groups", &have); err != nil {
		return 0, err
	}
	for _, g := range have {
		if g.Data.Name == name {
			return g.ID, nil
		}
	}
	var escaped strings.Builder
	if err := xml.EscapeText(&escaped, []byte(name)); err != nil {
		return 0, err
	}
	body := fmt.Sprintf(`<group owner="%d" name="%s" type="Private" libraryEditing="members" libraryReading="members" fileEditing="members"><description/><url/></group>`, ownerID, escaped.String())
	answer, _, err := admin.do(ctx, http.MethodPost, "/groups", nil, []byte(body))
	if err != nil {
		return 0, err
	}
	var feed struct {
		ID int `xml:"entry>groupID"`
	}
	if err := xml.Unmarshal(answer, &feed); err != nil || feed.ID == 0 {
		return 0, fmt.Errorf("the server does not tell the number of group %q", name)
	}
	for _, m := range members {
		body := fmt.Sprintf(`<user id="%d" role="member"/>`, m)
		if _, _, err := admin.do(ctx, http.MethodPost, fmt.Sprintf("/groups/%d/users", feed.ID), nil, []byte(body)); err != nil {
			return 0, err
		}
	}
	return feed.ID, nil
}
