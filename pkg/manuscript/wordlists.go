package manuscript

import (
	"encoding/xml"
	"strconv"
	"strings"
)

// wordStyleInfo is what a style says of its paragraphs or its runs.
type wordStyleInfo struct {
	name  string // in lower case
	based string
	list  string // the ID of its numbering, or ""
	level int
}

// wordNumbering are the kinds of lists of a document.
type wordNumbering struct {
	abstract map[string]string            // of each numbering
	levels   map[string][]wordNumberLevel // of each abstract numbering
	starts   map[string]map[int]int       // the first numbers of its own of a numbering
}

// wordNumberLevel is a level of a list.
type wordNumberLevel struct {
	ordered bool
	start   int
}

// value is an element whose only attribute counts.
type value struct {
	Val string `xml:"val,attr"`
}

// readStyles returns the styles of the document by their IDs.
func (w *wordFile) readStyles() (map[string]wordStyleInfo, error) {
	styles := map[string]wordStyleInfo{}
	part, err := w.related(w.body.name, "/styles")
	if err != nil {
		return nil, err
	}
	data, err := w.read(part)
	if err != nil || data == nil {
		return styles, err
	}
	var all struct {
		Style []struct {
			ID      string `xml:"styleId,attr"`
			Name    value  `xml:"name"`
			BasedOn value  `xml:"basedOn"`
			List    value  `xml:"pPr>numPr>numId"`
			Level   value  `xml:"pPr>numPr>ilvl"`
		} `xml:"style"`
	}
	if err := xml.Unmarshal(data, &all); err != nil {
		return nil, noDocument(err)
	}
	for _, s := range all.Style {
		level, _ := strconv.Atoi(s.Level.Val) // 0 where it says none
		styles[s.ID] = wordStyleInfo{name: strings.ToLower(s.Name.Val), based: s.BasedOn.Val, list: s.List.Val, level: level}
	}
	return styles, nil
}

// readNumbering returns the numbering of the document.
func (w *wordFile) readNumbering() (*wordNumbering, error) {
	n := &wordNumbering{abstract: map[string]string{}, levels: map[string][]wordNumberLevel{}, starts: map[string]map[int]int{}}
	part, err := w.related(w.body.name, "/numbering")
	if err != nil {
		return nil, err
	}
	data, err := w.read(part)
	if err != nil || data == nil {
		return n, err
	}
	var all struct {
		Abstract []struct {
			ID    string `xml:"abstractNumId,attr"`
			Level []struct {
				Format value `xml:"numFmt"`
				Start  value `xml:"start"`
			} `xml:"lvl"`
		} `xml:"abstractNum"`
		Num []struct {
			ID       string `xml:"numId,attr"`
			Abstract value  `xml:"abstractNumId"`
			Override []struct {
				Level int   `xml:"ilvl,attr"`
				Start value `xml:"startOverride"`
			} `xml:"lvlOverride"`
		} `xml:"num"`
	}
	if err := xml.Unmarshal(data, &all); err != nil {
		return nil, noDocument(err)
	}
	for _, a := range all.Abstract {
		for _, l := range a.Level {
			start, err := strconv.Atoi(l.Start.Val)
			if err != nil {
				start = 1
			}
			n.levels[a.ID] = append(n.levels[a.ID], wordNumberLevel{l.Format.Val != "bullet" && l.Format.Val != "none", start})
		}
	}
	for _, num := range all.Num {
		n.abstract[num.ID] = num.Abstract.Val
		n.starts[num.ID] = map[int]int{}
		for _, o := range num.Override {
			if start, err := strconv.Atoi(o.Start.Val); err == nil {
				n.starts[num.ID][o.Level] = start
			}
		}
	}
	return n, nil
}

// level returns a level of a list. One that the document does not describe has
// bullets.
func (n *wordNumbering) level(list string, level int) wordNumberLevel {
	levels := n.levels[n.abstract[list]]
	if level < 0 || level >= len(levels) {
		return wordNumberLevel{start: 1}
	}
	found := levels[level]
	if start, ok := n.starts[list][level]; ok {
		found.start = start
	}
	return found
}

// wordItem is a paragraph of a list.
type wordItem struct {
	list  string
	level int
	node  *node
}

// addItem adds an item of a list. An item after others continues their list.
func (p *wordParser) addItem(f *wordFlow, item wordItem) {
	if item.level == 0 && f.list != item.list {
		f.open = nil
	}
	f.open = f.open[:min(len(f.open), item.level+1)]
	for len(f.open) <= item.level {
		level := p.numbering.level(item.list, len(f.open))
		list := &node{kind: kindList, on: level.ordered, level: level.start}
		if n := len(f.open); n == 0 {
			list.level += p.counted[item.list]
			f.blocks = append(f.blocks, list)
			f.list = item.list
		} else {
			outer := f.open[n-1]
			if len(outer.kids) == 0 {
				outer.add(&node{kind: kindItem})
			}
			outer.kids[len(outer.kids)-1].add(list)
		}
		f.open = append(f.open, list)
	}
	if item.level == 0 {
		p.counted[item.list]++
	}
	f.open[item.level].add(item.node)
}
