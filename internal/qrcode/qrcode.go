// Package qrcode draws QR codes. It owns the library that makes them.
package qrcode

import (
	"fmt"
	"strings"

	"rsc.io/qr"
)

// quiet is how many modules of white a scanner needs around a code (ISO/IEC 18004).
const quiet = 4

// SVG returns a QR code of the text as an SVG document that scales to any size. It is black on white whatever is
// around it, without style, script or anything from elsewhere. It fails for a text that is too long.
func SVG(text string) (string, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", fmt.Errorf("draw a QR code: the text of %d bytes is too long", len(text))
	}
	var path strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			length := 0
			for code.Black(x+length, y) { // false outside of the code
				length++
			}
			if length > 0 {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", x+quiet, y+quiet, length, length)
				x += length
			}
		}
	}
	size := code.Size + 2*quiet
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges">`+
		`<path fill="#fff" d="M0 0h%dv%dH0z"/><path fill="#000" d="%s"/></svg>`, size, size, size, size, path.String()), nil
}
