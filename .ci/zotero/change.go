package main

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// putTexts writes the full texts that the library does not have yet.
func (a *api) putTexts(ctx context.Context, path string, texts []fullText) error {
	have := map[string]int{}
	if err := a.get(ctx, path+"/fulltext?since=0", &have); err != nil {
		return err
	}
	for _, t := range texts {
		if _, ok := have[t.Key]; ok {
			continue
		}
		body, err := json.Marshal(t)
		if err != nil {
			return err
		}
		if _, _, err := a.do(ctx, http.MethodPut, path+"/items/"+t.Key+"/fulltext", http.Header{"Content-Type": {"application/json"}}, body); err != nil {
			return err
		}
	}
	return nil
}

// touch changes an item, once.
func (a *api) touch(ctx context.Context, path, key string) error {
	const mark = "Checked by the outsider."
	var item struct {
		Version int
		Data    struct{ Extra string }
	}
	if err := a.get(ctx, path+"/items/"+key, &item); err != nil || strings.Contains(item.Data.Extra, mark) {
		return err
	}
	body, err := json.Marshal(object{"extra": strings.TrimSpace(item.Data.Extra + "\n" + mark)})
	if err != nil {
		return err
	}
	_, _, err = a.do(ctx, http.MethodPatch, path+"/items/"+key, http.Header{
		"Content-Type": {"application/json"}, "If-Unmodified-Since-Version": {strconv.Itoa(item.Version)},
	}, body)
	return err
}

// isGone reports whether the item was once there and was deleted.
func (a *api) isGone(ctx context.Context, path, key string) (bool, error) {
	var deleted struct{ Items []string }
	err := a.get(ctx, path+"/deleted?since=0", &deleted)
	return slices.Contains(deleted.Items, key), err
}

// remove deletes an item for good, if it is there.
func (a *api) remove(ctx context.Context, path, key string) error {
	_, header, err := a.do(ctx, http.MethodGet, path+"/items/"+key, nil, nil)
	if code(err) == http.StatusNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	_, _, err = a.do(ctx, http.MethodDelete, path+"/items/"+key, http.Header{"If-Unmodified-Since-Version": header["Last-Modified-Version"]}, nil)
	return err
}
