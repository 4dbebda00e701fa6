package main

import (
	"bytes"
	"fmt"
	"html"
)

// Measures of the chart, in pixels.
const (
	chartWidth = 760
	chartLeft  = 190 // where bars begin
	chartUnit  = 360 // a ratio of 1
	chartRow   = 22
	chartTop   = 46
	longestBar = 1.2 // beyond that a bar is cut; its figure says how much
)

// chart draws, for each operation, how close it comes to its first limit.
func (r *Result) chart() []byte {
	var out bytes.Buffer
	height := chartTop + chartRow*len(r.Operations) + 24
	write := func(format string, values ...any) { _, _ = fmt.Fprintf(&out, format+"\n", values...) } // a Buffer never fails
	write(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img" aria-labelledby="title" font-family="system-ui, sans-serif" font-size="12">`,
		chartWidth, height, chartWidth, height)
	write(`<title id="title">How close each operation comes to its limit</title>`)
	write(`<rect width="100%%" height="100%%" fill="#ffffff"/>`)
	write(`<text x="12" y="22" font-size="15" font-weight="600" fill="#1f2328">How close each operation comes to its limit (1 is as fast)</text>`)
	colours := map[string]string{sqlite: "#0f766e", postgres: "#3b5bdb"}
	for i, f := range r.Operations {
		y, best := chartTop+i*chartRow, f.Ratios[0]
		write(`<text x="%d" y="%d" text-anchor="end" fill="#1f2328">%s, %s</text>`, chartLeft-8, y+14, html.EscapeString(f.Operation), f.Database)
		write(`<rect x="%d" y="%d" width="%.1f" height="%d" rx="2" fill="%s"/>`, chartLeft, y+3, chartUnit*min(best.Median, longestBar), chartRow-7, colours[f.Database])
		write(`<text x="%.1f" y="%d" fill="#424a53">%.2f of the %s</text>`, chartLeft+chartUnit*min(best.Median, longestBar)+6, y+14, best.Median, html.EscapeString(best.Limit))
	}
	bottom := chartTop + chartRow*len(r.Operations)
	write(`<line x1="%d" y1="%d" x2="%d" y2="%d" stroke="#d1242f" stroke-dasharray="4 3"/>`, chartLeft+chartUnit, chartTop-4, chartLeft+chartUnit, bottom+2)
	write(`<text x="%d" y="%d" text-anchor="middle" fill="#d1242f">1.0</text>`, chartLeft+chartUnit, bottom+16)
	write(`</svg>`)
	return out.Bytes()
}
