package config

import (
	"net/mail"
	"slices"
)

// Registries are the names that STACKROOM_RESOLVERS may have.
func Registries() []string {
	return []string{"crossref", "datacite", "doiorg", "arxiv", "pubmed", "europepmc", "openlibrary", "openalex"}
}

// AskedRegistries returns the names of the registries that may be asked; none
// for "none".
func (c *Config) AskedRegistries() []string {
	switch {
	case slices.Equal(c.Resolvers, []string{"all"}):
		return Registries()
	case slices.Equal(c.Resolvers, []string{"none"}):
		return nil
	}
	return c.Resolvers
}

// ReadsWebPages reports whether web pages that references name are read, and PDF files
// that works get are fetched. By default
// they are where one person uses the server and nothing says how its calls leave.
func (c *Config) ReadsWebPages() bool {
	if len(c.AskedRegistries()) == 0 {
		return false
	}
	return c.WebPages == "on" || c.WebPages == "" && c.Auth == "" && c.ResolverURL == ""
}

// AsksTranslation reports whether the translation server is asked.
func (c *Config) AsksTranslation() bool { return c.Translation != "" && len(c.AskedRegistries()) > 0 }

// checkRegistries returns the faults of the settings for registries.
func (c *Config) checkRegistries() []Fault {
	var faults []Fault
	expect := func(ok bool, variable string) {
		if !ok {
			faults = append(faults, Fault{Variable: variable})
		}
	}
	expect(all(c.AskedRegistries(), func(name string) bool { return slices.Contains(Registries(), name) }), "STACKROOM_RESOLVERS")
	expect(c.ResolverURL == "" || validUpstream(c.ResolverURL), "STACKROOM_RESOLVER_URL")
	expect(c.Translation == "" || validUpstream(c.Translation), "STACKROOM_TRANSLATION_SERVER")
	expect(slices.Contains([]string{"", "on", "off"}, c.WebPages), "STACKROOM_WEB_PAGES")
	expect(c.Contact == "" || validContact(c.Contact), "STACKROOM_CONTACT")
	return faults
}

// validContact accepts a bare e-mail address, which is sent in a header.
func validContact(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Name == "" && a.Address == s && len(s) <= 254
}
