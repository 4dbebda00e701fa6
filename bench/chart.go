package main

import (
	"bytes"
	"fmt"
	"html"
)

// Measures of the chart, in pixels.
const (
	chartWidth = 860
	chartLeft  = 190 // where bars begin
	chartUnit  = 360 // a ratio of 1
	chartBar   = 16  // from one bar to the next
	chartGap   = 10  // between operations
	chartTop   = 62
	longestBar = 1.15 // beyond that a bar is cut; its figure says how much
)

// The colours of bars, by database and by whether the limit is the first of the operation.
var chartColours = map[string][2]string{sqlite: {"#0f766e", "#7fbfb8"}, postgres: {"#3b5bdb", "#a5b4f0"}}

// chart draws, for each operation, how close it comes to each of its limits. A thin line goes from the
// lowest round to the highest.
func (r *Result) chart() []byte {
	var out, bars bytes.Buffer
	write := func(to *bytes.Buffer, format string, values ...any) { _, _ = fmt.Fprintf(to, format+"\n", values...) } // a Buffer never fails
	y := chartTop
	for _, f := range r.Operations {
		write(&bars, `<text x="%d" y="%d" text-anchor="end" fill="#1f2328">%s, %s</text>`, chartLeft-10, y+12, html.EscapeString(f.Operation), f.Database)
		for i, ratio := range f.Ratios {
			long := func(of float64) float64 { return chartUnit * min(of, longestBar) }
			middle, end := float64(y)+7.5, chartLeft+max(long(ratio.Median), long(ratio.High))+8
			write(&bars, `<rect x="%d" y="%d" width="%.1f" height="%d" rx="2" fill="%s"/>`, chartLeft, y+2, long(ratio.Median), chartBar-5, chartColours[f.Database][min(i, 1)])
			write(&bars, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="#1f2328"/>`, chartLeft+long(ratio.Low), middle, chartLeft+long(ratio.High), middle)
			write(&bars, `<text x="%.1f" y="%d" fill="#1f2328" stroke="#ffffff" stroke-width="4" paint-order="stroke">%.2f of the %s</text>`, end, y+12, ratio.Median, html.EscapeString(ratio.Limit))
			y += chartBar
		}
		y += chartGap
	}

	height := y + 26
	write(&out, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img" aria-labelledby="title" font-family="system-ui, sans-serif" font-size="12">`,
		chartWidth, height, chartWidth, height)
	write(&out, `<title id="title">How close each operation comes to its limits</title>`)
	write(&out, `<rect width="100%%" height="100%%" fill="#ffffff"/>`)
	write(&out, `<text x="12" y="24" font-size="15" font-weight="600" fill="#1f2328">How close each operation comes to its limits</text>`)
	write(&out, `<text x="12" y="43" fill="#1f2328">1 is as fast as the limit. The thin lines go from the lowest round to the highest.</text>`)
	for _, at := range []float64{0, 0.5, 1} {
		x := chartLeft + chartUnit*at
		write(&out, `<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="#afb8c1" stroke-dasharray="4 3"/>`, x, chartTop-4, x, y)
		write(&out, `<text x="%.1f" y="%d" text-anchor="middle" fill="#1f2328">%.1f</text>`, x, y+16, at)
	}
	out.Write(bars.Bytes())
	write(&out, `</svg>`)
	return out.Bytes()
}
