package styles

import (
	"bytes"
	"context"
	"encoding/xml"
	"strings"
)

// info is what a style says of itself.
type info struct{ id, title, short string }

// about returns what the style with a name says of itself; nothing if it can't be
// read. Unlike styles, what was read is kept for all of a folder.
func (l *Library) about(ctx context.Context, name string) info {
	l.mu.Lock()
	about, known := l.infos[name]
	l.mu.Unlock()
	if known {
		return about
	}
	data, err := l.read(ctx, name)
	if err != nil {
		return info{}
	}
	about = readInfo(data)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.infos[name] = about
	return about
}

// readInfo reads a style up to the end of its cs:info.
func readInfo(data []byte) info {
	var about info
	var element string
	decoder := xml.NewDecoder(bytes.NewReader(data))
	for depth := 0; ; {
		token, err := decoder.Token()
		if err != nil {
			return about
		}
		switch t := token.(type) {
		case xml.StartElement:
			depth++
			element = t.Name.Local
		case xml.EndElement:
			depth--
			element = ""
			if t.Name.Local == "info" {
				return about
			}
		case xml.CharData:
			if depth == 3 {
				about.set(element, strings.TrimSpace(string(t)))
			}
		}
	}
}

func (i *info) set(element, text string) {
	switch element {
	case "id":
		i.id += text
	case "title":
		i.title += text
	case "title-short":
		i.short += text
	}
}
