package main

import (
	"context"
	"fmt"

	"github.com/stackroom-mcp/stackroom/pkg/config"
	"github.com/stackroom-mcp/stackroom/pkg/csl/styles"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// openStyles returns the citation styles: those of the folder and the repository
// that the configuration names, before the built-in ones.
func openStyles(c *config.Config, hooks upstream.Hooks) (*styles.Library, error) {
	var sources []styles.Source
	if c.Styles != "" {
		folder, err := styles.Folder(c.Styles)
		if err != nil {
			return nil, library.Errorf(library.Invalid, "STACKROOM_STYLES is no folder that can be read").
				WithHint("name a folder with .csl files, such as the styles folder of Zotero").WithCause(err)
		}
		sources = append(sources, folder)
	}
	if c.StyleRepository != "" {
		up, err := upstream.New(upstream.Options{BaseURL: c.StyleRepository, Name: "the style repository", Hooks: hooks})
		if err != nil {
			return nil, err
		}
		sources = append(sources, styles.Repository(styleFetcher{up}, nil))
	}
	return styles.New(sources...), nil
}

// styleFetcher gets styles from the configured repository. Its host is pinned.
type styleFetcher struct{ upstream *upstream.Client }

// Fetch implements [styles.Fetcher].
func (f styleFetcher) Fetch(ctx context.Context, file string) ([]byte, error) {
	res, err := f.upstream.Get(ctx, upstream.Request{Path: "/" + file, MaxBytes: 4 << 20})
	if library.CodeOf(err) == library.NotFound {
		return nil, fmt.Errorf("%s: %w", file, styles.ErrNotFound)
	}
	if err != nil {
		return nil, err
	}
	return res.Body, nil
}
