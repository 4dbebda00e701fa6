// Package web is what browsers get: the templates of the server's own pages, their words, their one
// stylesheet, their one script and an icon, and the client for frontends of others, embedded in the binary.
//
// account.js and admin.js are written from the TypeScript in account/ and admin/, client.js from that in clients/typescript: `npm ci && npm run build` there.
package web

import "embed"

// Files holds the pages (html/template, each a set of blocks for layout.html), the marks of providers, texts.json, style.css,
// admin.css, account.js, admin.js, client.js and favicon.svg.
//
//go:embed *.html marks/*.svg texts.json style.css admin.css account.js admin.js client.js favicon.svg
var Files embed.FS
