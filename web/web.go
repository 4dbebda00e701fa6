// Package web is what browsers get: the templates of the server's own pages, their one stylesheet
// and an icon, embedded in the binary. There is no script among them.
package web

import "embed"

// Files holds the pages (html/template, each a set of blocks for layout.html), style.css and
// favicon.svg.
//
//go:embed *.html style.css favicon.svg
var Files embed.FS
