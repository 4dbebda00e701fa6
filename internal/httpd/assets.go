package httpd

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
)

// asset is a file for browsers, with a name that changes with its content, so that they keep it for
// good and never show a page with the wrong one.
type asset struct {
	path      string // without the leading slash
	mediaType string
	body      []byte // nil: only zipped
	zipped    []byte // by gzip; nil: that would make it no smaller
}

// assetPath is the name of an asset with this content.
func assetPath(name, extension string, content []byte) string {
	return "assets/" + name + "." + shortDigest(content) + extension
}

func newAsset(name, extension, mediaType string, body []byte) *asset {
	a := &asset{path: assetPath(name, extension, body), mediaType: mediaType, body: body}
	var zipped bytes.Buffer
	writer, err := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
	if err == nil {
		_, err = writer.Write(body)
	}
	if err == nil {
		err = writer.Close()
	}
	if err == nil && zipped.Len() < len(body) {
		a.zipped = zipped.Bytes()
	}
	return a
}

// serveAsset returns the handler of an asset, which browsers may keep for good.
func (s *Server) serveAsset(a *asset) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		s.sendAsset(w, r, a)
	}
}

// serveIcon answers under a name that does not change, for a day.
func (s *Server) serveIcon(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "public, max-age=86400")
	s.sendAsset(w, r, s.pages.icon)
}

func (s *Server) sendAsset(w http.ResponseWriter, r *http.Request, a *asset) {
	body := a.body
	if a.zipped != nil {
		w.Header().Set("Vary", "Accept-Encoding")
		if acceptsGzip(r.Header.Values("Accept-Encoding")) {
			w.Header().Set("Content-Encoding", "gzip")
			body = a.zipped
		}
	}
	if body == nil && a.zipped != nil {
		var err error
		if body, err = unzip(a.zipped); err != nil {
			panic(err) // of a file of our own
		}
	}
	w.Header().Set("Content-Type", a.mediaType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	s.write(w, r, body)
}

func shortDigest(content []byte) string {
	digest := sha256.Sum256(content)
	return hex.EncodeToString(digest[:8])
}
