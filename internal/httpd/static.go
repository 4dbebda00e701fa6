package httpd

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/latchkey-auth/latchkey/web"
)

// static is a file of the binary that browsers keep for good: its name changes with its content.
type static struct {
	path      string // relative, as pages name it
	mediaType string
	body      []byte
	gzipped   bool
}

// mediaTypes are those of files by how their names end.
var mediaTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".txt": "text/plain; charset=utf-8",
}

// newStatic returns a file of web.Developer; one whose name ends with .gz is compressed. It panics if
// there is none: no such binary starts.
func newStatic(file string) *static {
	body, err := fs.ReadFile(web.Developer, file)
	if err != nil {
		panic(err)
	}
	name, gzipped := strings.CutSuffix(path.Base(file), ".gz")
	ending := path.Ext(name)
	mediaType, known := mediaTypes[ending]
	if !known {
		panic(fmt.Errorf("%s: of no known type", file))
	}
	return &static{
		path:      "assets/" + strings.TrimSuffix(name, ending) + "." + shortDigest(body) + ending,
		mediaType: mediaType,
		body:      body,
		gzipped:   gzipped,
	}
}

// routeStatic serves files under their names.
func (s *Server) routeStatic(files ...*static) {
	for _, file := range files {
		s.handle("/"+file.path, func(w http.ResponseWriter, r *http.Request) { s.serveStatic(w, r, file) }, http.MethodGet, http.MethodHead)
	}
}

func (s *Server) serveStatic(w http.ResponseWriter, r *http.Request, file *static) {
	header := w.Header()
	header.Set("Content-Type", file.mediaType)
	header.Set("Cache-Control", "public, max-age=31536000, immutable")
	if !file.gzipped {
		s.write(w, r, file.body)
		return
	}

	header.Set("Vary", "Accept-Encoding")
	if acceptsGzip(r.Header.Values("Accept-Encoding")) {
		header.Set("Content-Encoding", "gzip")
		header.Set("Content-Length", strconv.Itoa(len(file.body)))
		s.write(w, r, file.body)
		return
	}
	body, err := unzip(file.body)
	if err != nil {
		panic(err) // of a file of our own
	}
	s.write(w, r, body)
}

// acceptsGzip reports whether a client takes gzip (RFC 9110, section 12.5.3).
func acceptsGzip(headers []string) bool {
	accepts := false
	for element := range strings.SplitSeq(strings.Join(headers, ","), ",") {
		coding, weight, _ := strings.Cut(element, ";")
		coding = strings.ToLower(strings.TrimSpace(coding))
		if coding != "gzip" && coding != "*" {
			continue
		}
		value, weighed := strings.CutPrefix(strings.ReplaceAll(strings.ToLower(weight), " ", ""), "q=")
		quality, err := strconv.ParseFloat(value, 64)
		accepts = !weighed || err == nil && quality > 0
		if coding == "gzip" {
			return accepts
		}
	}
	return accepts
}

func unzip(body []byte) ([]byte, error) {
	reader, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(reader)
}
