package qrcode_test

import (
	"encoding/xml"
	"image"
	"image/color"
	"regexp"
	"strconv"
	"strings"
	"testing"

	goqr "github.com/piglig/go-qr"

	"github.com/latchkey-auth/latchkey/internal/qrcode"
)

const uri = "otpauth://totp/Latchkey:ada%40lovelace.example?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Latchkey&algorithm=SHA1&digits=6&period=30"

// drawing is an SVG of rectangles in one path.
type drawing struct {
	ViewBox string `xml:"viewBox,attr"`
	Paths   []struct {
		Fill string `xml:"fill,attr"`
		D    string `xml:"d,attr"`
	} `xml:"path"`
}

var rectangle = regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-(\d+)z`)

// rendered draws the dark modules of an SVG, each some pixels wide.
func rendered(t *testing.T, svg string) image.Image {
	t.Helper()
	var d drawing
	if err := xml.Unmarshal([]byte(svg), &d); err != nil {
		t.Fatalf("the SVG cannot be read: %v", err)
	}
	box := strings.Fields(d.ViewBox)
	if len(box) != 4 || box[2] != box[3] || len(d.Paths) != 2 || d.Paths[1].Fill != "#000" {
		t.Fatalf("got the viewBox %q and %d paths, want a square and 2", d.ViewBox, len(d.Paths))
	}
	const pixels = 8
	size := number(t, box[2])
	img := image.NewGray(image.Rect(0, 0, size*pixels, size*pixels))
	for i := range img.Pix {
		img.Pix[i] = 0xff
	}
	for _, r := range rectangle.FindAllStringSubmatch(d.Paths[1].D, -1) {
		x, y, length := number(t, r[1]), number(t, r[2]), number(t, r[3])
		for px := x * pixels; px < (x+length)*pixels; px++ {
			for py := y * pixels; py < (y+1)*pixels; py++ {
				img.SetGray(px, py, color.Gray{})
			}
		}
	}
	if rest := rectangle.ReplaceAllString(d.Paths[1].D, ""); rest != "" {
		t.Fatalf("the path has %q, want rectangles only", rest)
	}
	return img
}

func number(t *testing.T, digits string) int {
	t.Helper()
	n, err := strconv.Atoi(digits)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestAnotherProgramReadsTheCode decodes what is drawn with a library that does not draw it.
func TestAnotherProgramReadsTheCode(t *testing.T) {
	t.Parallel()
	for _, text := range []string{uri, "a", strings.Repeat("otpauth ", 100)} {
		svg, err := qrcode.SVG(text)
		if err != nil {
			t.Fatal(err)
		}
		got, err := goqr.Decode(rendered(t, svg))
		if err != nil {
			t.Fatalf("a code of %d bytes: %v", len(text), err)
		}
		if got != text {
			t.Errorf("got %q, want %q", got, text)
		}
	}
}

func TestASVGBringsNothingAlong(t *testing.T) {
	t.Parallel()
	svg, err := qrcode.SVG(uri)
	if err != nil {
		t.Fatal(err)
	}
	if found := regexp.MustCompile(`(?i)script|style|href|on[a-z]+=|<!|otpauth|secret`).FindString(svg); found != "" {
		t.Errorf("got %q in the SVG, want shapes only", found)
	}
	if len(svg) > 20_000 {
		t.Errorf("got %d bytes, want at most 20000", len(svg))
	}
}

func TestATextThatIsTooLong(t *testing.T) {
	t.Parallel()
	if _, err := qrcode.SVG(strings.Repeat("a", 5000)); err == nil {
		t.Error("got a code of 5000 bytes, want an error")
	}
}
