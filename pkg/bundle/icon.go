package bundle

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
)

// iconPixels is the icon's width and height: what Claude Desktop recommends.
const iconPixels = 512

// IconSize is the size of [Icon] in pixels.
const IconSize = "512x512"

// Icon returns the icon as a PNG: books on a shelf, one of them pulled out.
func Icon() ([]byte, error) {
	ground := color.NRGBA{R: 0x1f, G: 0x3d, B: 0x3a, A: 0xff}
	cream := color.NRGBA{R: 0xf4, G: 0xec, B: 0xdc, A: 0xff}
	amber := color.NRGBA{R: 0xe8, G: 0xa3, B: 0x3d, A: 0xff}
	sage := color.NRGBA{R: 0x8f, G: 0xb3, B: 0x9f, A: 0xff}
	picture := image.NewNRGBA(image.Rect(0, 0, iconPixels, iconPixels))
	for _, b := range []block{
		{0, 0, 512, 512, 112, ground},
		{96, 388, 416, 412, 12, cream}, // the shelf
		{112, 148, 172, 380, 10, sage},
		{112, 188, 172, 204, 1, ground},
		{180, 180, 232, 380, 10, cream},
		{240, 100, 304, 332, 10, amber}, // pulled out
		{240, 140, 304, 156, 1, ground},
		{312, 164, 352, 380, 10, sage},
		{360, 140, 400, 380, 10, cream},
		{360, 180, 400, 196, 1, ground},
	} {
		b.draw(picture)
	}
	var out bytes.Buffer
	err := png.Encode(&out, picture)
	return out.Bytes(), err
}

// block is a rectangle with round corners, in pixels. The radius is at least 1.
type block struct {
	left, top, right, bottom, radius int
	color                            color.NRGBA
}

// draw lays the block over what is there.
func (b block) draw(picture *image.NRGBA) {
	for y := b.top; y < b.bottom; y++ {
		for x := b.left; x < b.right; x++ {
			picture.SetNRGBA(x, y, over(b.color, b.coverage(x, y), picture.NRGBAAt(x, y)))
		}
	}
}

// coverage returns how much of a pixel the block covers, from the distance of
// its middle to the edge.
func (b block) coverage(x, y int) float64 {
	r := float64(b.radius)
	dx := max(float64(b.left)+r-float64(x)-0.5, float64(x)+0.5-float64(b.right)+r, 0)
	dy := max(float64(b.top)+r-float64(y)-0.5, float64(y)+0.5-float64(b.bottom)+r, 0)
	return min(max(r-math.Hypot(dx, dy)+0.5, 0), 1)
}

// over lays a colour over another.
func over(above color.NRGBA, coverage float64, below color.NRGBA) color.NRGBA {
	if below.A == 0 { // no colour to mix with
		above.A = uint8(math.Round(coverage * float64(above.A)))
		return above
	}
	mix := func(a, b uint8) uint8 { return uint8(math.Round(float64(a)*coverage + float64(b)*(1-coverage))) }
	return color.NRGBA{R: mix(above.R, below.R), G: mix(above.G, below.G), B: mix(above.B, below.B), A: mix(above.A, below.A)}
}
