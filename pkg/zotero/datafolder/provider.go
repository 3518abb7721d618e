package datafolder

import (
	"context"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
	"github.com/stackroom-mcp/stackroom/pkg/zotero"
)

// Provider provides the libraries of a data folder to the person whose it is. It
// can't write.
type Provider struct {
	folder   *Folder
	replicas zotero.Replicas
}

// NewProvider returns the provider of the libraries of a data folder.
func NewProvider(f *Folder, r zotero.Replicas) *Provider { return &Provider{folder: f, replicas: r} }

// Kinds returns the kinds of library that are provided.
func (*Provider) Kinds() []library.Kind {
	return []library.Kind{library.KindUser, library.KindGroup}
}

// Link returns "": the libraries need not be at zotero.org.
func (*Provider) Link(library.ItemID) string { return "" }

// Libraries lists the libraries of the folder, the personal one first, with size
// and version.
func (p *Provider) Libraries(ctx context.Context) ([]library.Info, error) {
	return p.folder.Libraries(ctx)
}

// Libraries lists the libraries of the folder, the personal one first, with size
// and version. Feeds are left out.
func (f *Folder) Libraries(ctx context.Context) ([]library.Info, error) {
	s, release, err := f.use(ctx, true)
	if err != nil {
		return nil, err
	}
	defer release()
	infos := make([]library.Info, len(s.libs))
	for i, lib := range s.libs {
		c, err := s.census(ctx, lib.info.ID)
		if err != nil {
			return nil, err
		}
		infos[i] = lib.info
		infos[i].Items, infos[i].Version = c.works, s.version
	}
	return infos, nil
}

// view names what is seen in a data folder. The objects have other versions than
// the same ones at zotero.org and in the app.
const view = "data"

// Open opens a library of the folder.
func (p *Provider) Open(ctx context.Context, id library.ID) (library.Reader, error) {
	info, err := p.folder.find(ctx, id)
	if err != nil {
		return nil, err
	}
	about := info
	about.Notice = ""
	return p.replicas.Open(replica.Opening{About: about, View: view, Source: source{p.folder, id}, Notice: info.Notice}), nil
}

// find returns a library as the present state has it, or as the folder has it
// now if that has none of this ID.
func (f *Folder) find(ctx context.Context, id library.ID) (library.Info, error) {
	f.mu.Lock()
	s := f.current
	f.mu.Unlock()
	if s != nil {
		if lib, err := s.library(id); err == nil {
			return lib.info, nil
		}
	}
	s, release, err := f.use(ctx, true)
	if err != nil {
		return library.Info{}, err
	}
	defer release()
	lib, err := s.library(id)
	if err != nil {
		return library.Info{}, err
	}
	return lib.info, nil
}
