package change

import (
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// replaces is the relation of a work to those that were merged into it.
const replaces = "dc:replaces"

// uriOf returns the URI by which relations name an object of a library.
func uriOf(lib library.ID, key string) string {
	kind, number, _ := strings.Cut(string(lib), ":")
	place := "users/local"
	if number != "" {
		place = kind + "s/" + number
	}
	return "http://zotero.org/" + place + "/items/" + key
}

// RelatedKeys returns the keys of the objects of a library that an object has
// relations to.
func RelatedKeys(lib library.ID, o library.Object) []string {
	var keys []string
	for _, uris := range relationsOf(o.Data["relations"]) {
		for _, uri := range uris {
			if key := uri[strings.LastIndexByte(uri, '/')+1:]; uriOf(lib, key) == uri {
				keys = append(keys, key)
			}
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// relationsOf returns the relations of an object, by predicate. An object of one
// predicate may stand for a list.
func relationsOf(v any) map[string][]string {
	out := map[string][]string{}
	m, _ := plain(v).(map[string]any)
	for predicate, value := range m {
		if uri, ok := value.(string); ok && uri != "" {
			out[predicate] = []string{uri}
		}
		list, _ := value.([]any)
		for _, entry := range list {
			if uri, ok := entry.(string); ok && !slices.Contains(out[predicate], uri) {
				out[predicate] = append(out[predicate], uri)
			}
		}
	}
	return out
}

// relationNames returns the relations in order, each with its predicate.
func relationNames(v any) []string {
	var names []string
	for predicate, uris := range relationsOf(v) {
		for _, uri := range uris {
			names = append(names, predicate+" "+uri)
		}
	}
	slices.Sort(names)
	return names
}

// relationsFrom is the inverse of relationNames, in the shape of the API.
func relationsFrom(names []string) map[string]any {
	out := map[string]any{}
	for _, name := range slices.Sorted(slices.Values(names)) {
		predicate, uri, _ := strings.Cut(name, " ")
		list, _ := out[predicate].([]any)
		if !slices.Contains(list, any(uri)) {
			out[predicate] = append(list, uri)
		}
	}
	return out
}

// moveRelations gives the relations of an object to another that replaces it. Objects
// that have relations to it get them to the other. It loses its own to them: Zotero's
// server keeps both sides of a relation, and would add theirs again.
func (r *merger) moveRelations(from, to library.Object) {
	fromURI, toURI := uriOf(r.Library, from.Key), uriOf(r.Library, to.Key)
	had := relationNames(r.value(from, "relations"))
	now := relationNames(r.value(to, "relations"))
	for _, name := range had {
		predicate, uri, _ := strings.Cut(name, " ")
		if uri != toURI && (predicate == replaces || !r.isMember(uri)) {
			now = append(now, name)
		}
	}
	r.want(to)["relations"] = relationsFrom(append(now, replaces+" "+fromURI))
	repointed := r.repoint(fromURI, toURI)
	r.want(from)["relations"] = relationsFrom(slices.DeleteFunc(had, func(name string) bool {
		predicate, uri, _ := strings.Cut(name, " ")
		return predicate == replaces || slices.Contains(repointed, uri)
	}))
}

// repoint makes relations to one URI lead to another, and returns the URIs of the
// objects that had them.
func (r *merger) repoint(from, to string) (repointed []string) {
	for _, o := range r.Related {
		names := relationNames(r.value(o, "relations"))
		for i, name := range names {
			if predicate, uri, _ := strings.Cut(name, " "); uri == from && predicate != replaces {
				names[i] = predicate + " " + to
				repointed = append(repointed, uriOf(r.Library, o.Key))
			}
		}
		r.want(o)["relations"] = relationsFrom(names)
	}
	return repointed
}

// isMember reports whether a URI names one of the works that are merged.
func (r *merger) isMember(uri string) bool {
	named := func(t Tree) bool { return uriOf(r.Library, t.Key) == uri }
	return named(r.Kept) || slices.ContainsFunc(r.Others, named)
}

// union returns a list with the entries of another that it lacks.
func union(a, b any) []any {
	out := entries(a)
	for _, e := range entries(b) {
		if !slices.Contains(sortedNames(out), entryName(e)) {
			out = append(out, e)
		}
	}
	return out
}

// mergedTags returns the tags of both lists, each once: a tag that a person gave counts
// before one that is marked as automatic.
func mergedTags(a, b any) []any {
	out := entries(a)
	for _, e := range entries(b) {
		tag, _ := e.(map[string]any)
		at := slices.IndexFunc(out, func(o any) bool {
			m, _ := o.(map[string]any)
			return m["tag"] == tag["tag"]
		})
		switch {
		case at < 0:
			out = append(out, e)
		case empty(tag["type"]):
			out[at] = e
		}
	}
	return out
}

// mergedRelations returns what relations that were made from before mean for those now.
func mergedRelations(now, before, after any) map[string]any {
	had, wanted := relationNames(before), relationNames(after)
	names := slices.DeleteFunc(relationNames(now), func(name string) bool {
		return slices.Contains(had, name) && !slices.Contains(wanted, name)
	})
	for _, name := range wanted {
		if !slices.Contains(had, name) {
			names = append(names, name)
		}
	}
	return relationsFrom(names)
}
