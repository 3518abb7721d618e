package csl

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Item is one work, in the vocabulary of CSL-JSON: variables of CSL 1.0.2 by
// name. The zero value is a work without any field, which renders as the style
// says. The package never changes an Item.
type Item struct {
	// ID identifies the item among the items of one call.
	ID string
	// Type is the CSL type, such as "article-journal".
	Type string
	// Text holds the ordinary and the number variables. Values may carry the
	// markup <i>, <b>, <sup>, <sub>, <sc> and <span class="nocase">.
	Text map[string]string
	// Names holds the name variables, such as "author".
	Names map[string][]Name
	// Dates holds the date variables, such as "issued".
	Dates map[string]Date
}

// Name is one person or institution of a name variable. An institution has
// only Literal.
type Name struct {
	Family, Given         string
	DroppingParticle      string // "von" in "Alexander von Humboldt"
	NonDroppingParticle   string // "van" in "Vincent van Gogh"
	Suffix                string // "Jr."
	Literal               string
	CommaSuffix           bool // a comma precedes the suffix: "Doe, Jr."
	StaticOrdering        bool // the family name always comes first
	NoParticleParsing     bool // particles are not split off Family and Given
	FamilyIsAnInstitution bool // Family alone names an institution
}

// DateParts is one end of a date. Zero parts are absent; a month of 13 to 16 or
// 21 to 24 is a season; a negative year is BC.
type DateParts struct {
	Year, Month, Day int
}

// Date is a date or a range of dates.
type Date struct {
	From DateParts
	// To is the end of a range and counts only if Range is set. A year of 0 is
	// an open end.
	To    DateParts
	Range bool
	// Season is a number from 1 to 4, or words.
	Season string
	// Circa marks an approximate date.
	Circa bool
	// Literal is a date in words, shown as it stands.
	Literal string
	// Raw is a date in words that is parsed if there are no parts.
	Raw string
}

// maxItems bounds one document of items.
const maxItemsJSON = 64 << 20

// ParseItems reads a CSL-JSON array of items, at most 64 MiB.
func ParseItems(data []byte) ([]Item, error) {
	if len(data) > maxItemsJSON {
		return nil, fmt.Errorf("csl: the items have %d bytes, at most %d are read", len(data), maxItemsJSON)
	}
	var items []Item
	if err := json.Unmarshal(data, &items); err != nil {
		return nil, fmt.Errorf("csl: reading items: %w", err)
	}
	return items, nil
}

// UnmarshalJSON reads one CSL-JSON item. Fields of shapes that CSL-JSON does not
// have are left out.
func (it *Item) UnmarshalJSON(data []byte) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return err
	}
	*it = Item{Text: map[string]string{}, Names: map[string][]Name{}, Dates: map[string]Date{}}
	for key, raw := range fields {
		if err := it.setField(key, bytes.TrimSpace(raw)); err != nil {
			return fmt.Errorf("field %q: %w", key, err)
		}
	}
	return nil
}

func (it *Item) setField(key string, raw json.RawMessage) error {
	if len(raw) == 0 {
		return nil
	}
	switch raw[0] {
	case '{':
		if !isDateVariable(key) {
			return nil
		}
		var date Date
		if err := json.Unmarshal(raw, &date); err != nil {
			return err
		}
		it.Dates[key] = date
	case '[':
		if !isNameVariable(key) {
			return nil
		}
		var names []Name
		if err := json.Unmarshal(raw, &names); err != nil {
			return err
		}
		it.Names[key] = names
	default:
		it.setScalar(key, scalar(raw))
	}
	return nil
}

func (it *Item) setScalar(key, value string) {
	switch {
	case key == "id":
		it.ID = value
	case key == "type":
		it.Type = value
	case value == "":
	case isNameVariable(key):
		it.Names[key] = []Name{{Literal: value}}
	case isDateVariable(key):
		it.Dates[key] = Date{Raw: value}
	default:
		it.Text[key] = value
	}
}

// scalar is the text of a JSON string, number or boolean; null is nothing.
func scalar(raw json.RawMessage) string {
	raw = bytes.TrimSpace(raw)
	if len(raw) > 0 && raw[0] == '"' {
		var s string
		if json.Unmarshal(raw, &s) == nil {
			return s
		}
		return ""
	}
	if s := string(raw); s != "null" && s != "false" && s != "" && s[0] != '{' && s[0] != '[' {
		return s
	}
	return ""
}

// UnmarshalJSON reads a name in the shape of CSL-JSON.
func (n *Name) UnmarshalJSON(data []byte) error {
	data = bytes.TrimSpace(data)
	if len(data) > 0 && data[0] != '{' {
		*n = Name{Literal: scalar(data)}
		return nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return err
	}
	*n = Name{}
	for key, raw := range fields {
		value := scalar(raw)
		switch key {
		case "family":
			n.Family = value
		case "given":
			n.Given = value
		case "dropping-particle":
			n.DroppingParticle = value
		case "non-dropping-particle":
			n.NonDroppingParticle = value
		case "suffix":
			n.Suffix = value
		case "literal", "name":
			n.Literal = value
		case "comma-suffix":
			n.CommaSuffix = truthy(value)
		case "static-ordering":
			n.StaticOrdering = truthy(value)
		case "parse-names":
			n.NoParticleParsing = !truthy(value)
		case "isInstitution":
			n.FamilyIsAnInstitution = truthy(value)
		}
	}
	return nil
}

func truthy(s string) bool { return s != "" && s != "0" && s != "false" }

// UnmarshalJSON reads a date in the shape of CSL-JSON.
func (d *Date) UnmarshalJSON(data []byte) error {
	var fields struct {
		Parts   []json.RawMessage `json:"date-parts"`
		Season  json.RawMessage   `json:"season"`
		Circa   json.RawMessage   `json:"circa"`
		Literal json.RawMessage   `json:"literal"`
		Raw     json.RawMessage   `json:"raw"`
	}
	if err := json.Unmarshal(data, &fields); err != nil {
		return err
	}
	*d = Date{
		Season: scalar(fields.Season), Circa: truthy(scalar(fields.Circa)),
		Literal: scalar(fields.Literal), Raw: scalar(fields.Raw),
	}
	for i, raw := range fields.Parts {
		parts, err := parseDateParts(raw)
		if err != nil {
			return err
		}
		switch i {
		case 0:
			d.From = parts
		case 1:
			d.To, d.Range = parts, true
		}
	}
	return nil
}

func parseDateParts(raw json.RawMessage) (DateParts, error) {
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		return DateParts{}, errors.New("date-parts are not lists of numbers")
	}
	var parts DateParts
	for i, part := range list {
		n := leadingInt(scalar(part))
		switch i {
		case 0:
			parts.Year = n
		case 1:
			parts.Month = n
		case 2:
			parts.Day = n
		}
	}
	return parts, nil
}

// leadingInt reads the integer at the start of s; 0 if there is none.
func leadingInt(s string) int {
	s = strings.TrimSpace(s)
	end := 0
	for end < len(s) && (s[end] >= '0' && s[end] <= '9' || end == 0 && (s[end] == '-' || s[end] == '+')) {
		end++
	}
	n, err := strconv.Atoi(s[:end])
	if err != nil {
		return 0
	}
	return n
}
