package web

import "embed"

// Developer holds what developers get: the front door and the inbox of development (developer/), and
// the playground (playground/), whose GraphiQL is compressed (playground/built/, written by
// playground/build.sh). There are scripts among them, each a file of its own.
//
//go:embed developer playground/playground.html playground/playground.css playground/playground.js
//go:embed playground/operations playground/built
var Developer embed.FS

// FirstSteps are the five lines of README.md, for the shell: the front door of development shows them,
// and a test compares the two.
//
//go:embed developer/five-lines.sh
var FirstSteps string
