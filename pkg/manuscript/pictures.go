package manuscript

import (
	"bytes"
	"fmt"
	"image"
	_ "image/gif"  // the formats that a picture may have
	_ "image/jpeg" //
	_ "image/png"  //
	"io"
	"net/url"
)

// Bounds of the pictures of a document.
const (
	maxPicture  = 20 << 20  // bytes of one
	maxPictures = 100 << 20 // bytes of all
)

// pictures are the pictures of a document, each file once.
type pictures struct {
	open    func(string) (io.ReadCloser, error)
	reports *reports
	files   []*picture
	byName  map[string]*picture
	bytes   int
	used    int
}

// picture is a file in the document.
type picture struct {
	target        string // below the folder "word"
	data          []byte
	width, height int // pixels
}

// picture returns the picture of an image, nil with a report if it can't be had.
func (p *pictures) picture(n *node) *picture {
	name := n.target
	if u, err := url.Parse(name); err == nil && u.Scheme != "" {
		p.reports.add("images on the web, or with an address of another kind: their text stays; keep a copy beside the manuscript")
		return nil
	} else if err == nil {
		name = u.Path
	}
	if found, ok := p.byName[name]; ok {
		return found
	}
	if p.byName == nil {
		p.byName = map[string]*picture{}
	}
	found, err := p.read(name)
	if err != nil {
		p.reports.add("the image %s: %v; its text stays", n.target, err)
	}
	p.byName[name] = found
	return found
}

// read reads a file.
func (p *pictures) read(name string) (*picture, error) {
	f, err := p.open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxPicture+1))
	switch {
	case err != nil:
		return nil, err
	case len(data) > maxPicture:
		return nil, fmt.Errorf("it is larger than %d MB", maxPicture>>20)
	case p.bytes+len(data) > maxPictures:
		return nil, fmt.Errorf("the images together are larger than %d MB", maxPictures>>20)
	}
	config, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil || config.Width == 0 || config.Height == 0 {
		return nil, fmt.Errorf("it is no PNG, JPEG or GIF")
	}
	p.bytes += len(data)
	found := &picture{target: fmt.Sprintf("media/image%d.%s", len(p.files)+1, format), data: data, width: config.Width, height: config.Height}
	p.files = append(p.files, found)
	return found, nil
}

// Sizes in English Metric Units, of which an inch has 914,400.
const (
	unitsOfPixel = 9525    // at 96 dots per inch
	pageWidth    = 5731510 // between the margins of A4
	pageHeight   = 7772400 // 8.5 inches
)

// size returns the size of a picture on the page: its own, at most that of the
// page, or a width in percent of the line.
func (p *picture) size(percent int) (cx, cy int) {
	width, height := float64(p.width)*unitsOfPixel, float64(p.height)*unitsOfPixel
	scale := min(1, pageWidth/width)
	if percent > 0 {
		scale = pageWidth * float64(percent) / 100 / width
	}
	scale = min(scale, pageHeight/height)
	return max(int(width*scale), 1), max(int(height*scale), 1)
}

// contentTypes returns the types of the parts.
func contentTypes() string {
	return xmlHead + `<Types xmlns="` + packageSpace + `/content-types">` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Default Extension="xml" ContentType="application/xml"/>` +
		`<Default Extension="png" ContentType="image/png"/><Default Extension="jpeg" ContentType="image/jpeg"/><Default Extension="gif" ContentType="image/gif"/>` +
		override("document.main", "document") + override("styles", "styles") + override("numbering", "numbering") +
		override("footnotes", "footnotes") + override("settings", "settings") +
		`<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>`
}

// override returns the type of a part of WordprocessingML.
func override(kind, file string) string {
	return `<Override PartName="/word/` + file + `.xml" ContentType="` + wordType(kind) + `"/>`
}

// wordType returns the content type of a kind of part.
func wordType(kind string) string {
	return "application/vnd.openxmlformats-officedocument.wordprocessingml." + kind + "+xml"
}

// packageRelations are the relationships of the package.
const packageRelations = xmlHead + `<Relationships xmlns="` + packageSpace + `/relationships">` +
	`<Relationship Id="rId1" Type="` + relationSpace + `/officeDocument" Target="word/document.xml"/>` +
	`<Relationship Id="rId2" Type="` + packageSpace + `/relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>`
