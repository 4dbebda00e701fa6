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

// mediaTypes are those of files by how their names end.
var mediaTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".txt": "text/plain; charset=utf-8",
}

// newStatic returns a file of web.Developer; one whose name ends with .gz is compressed, and stays so in
// memory. It panics if there is none: no such binary starts.
func newStatic(file string) *asset {
	body, err := fs.ReadFile(web.Developer, file)
	if err != nil {
		panic(err)
	}
	name, gzipped := strings.CutSuffix(path.Base(file), ".gz")
	extension := path.Ext(name)
	mediaType, known := mediaTypes[extension]
	if !known {
		panic(fmt.Errorf("%s: of no known type", file))
	}
	name = strings.TrimSuffix(name, extension)
	if gzipped {
		return &asset{path: assetPath(name, extension, body), mediaType: mediaType, zipped: body}
	}
	return newAsset(name, extension, mediaType, body)
}

// routeStatic serves files under their names.
func (s *Server) routeStatic(files ...*asset) {
	for _, file := range files {
		s.handle("/"+file.path, s.serveAsset(file), http.MethodGet, http.MethodHead)
	}
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
