package importer

import (
	"bytes"
	"io"
)

// readAhead is what readers above a lineReader may have read beyond the row that they return.
const readAhead = 256 << 10

// lineReader counts the lines of a file, and ends the reading of a row that is too long.
type lineReader struct {
	from     io.Reader
	read     int64   // bytes so far
	marked   int64   // where the row begins that is read now
	newlines []int64 // offsets of those that lineAt has not passed
	passed   int     // how many it has
	failed   error
	bounded  bool // whoever reads says where rows begin, and none may be too long
}

func newLineReader(from io.Reader) *lineReader { return &lineReader{from: from, bounded: true} }

// Read implements io.Reader.
func (l *lineReader) Read(p []byte) (int, error) {
	if l.bounded && l.read-l.marked > maxRow+readAhead {
		return 0, errTooLong
	}
	n, err := l.from.Read(p)
	for i, rest := 0, p[:n]; l.bounded; {
		at := bytes.IndexByte(rest, '\n')
		if at < 0 {
			break
		}
		l.newlines = append(l.newlines, l.read+int64(i+at))
		i, rest = i+at+1, rest[at+1:]
	}
	l.read += int64(n)
	if err != nil && err != io.EOF {
		l.failed = err
	}
	return n, err
}

// mark says where the next row begins.
func (l *lineReader) mark(offset int64) { l.marked = max(l.marked, offset) }

// lineAt returns the line of an offset, from 1. Offsets only grow.
func (l *lineReader) lineAt(offset int64) int {
	n := 0
	for n < len(l.newlines) && l.newlines[n] < offset {
		n++
	}
	l.passed += n
	l.newlines = l.newlines[:copy(l.newlines, l.newlines[n:])]
	return l.passed + 1
}

// cause returns why the file cannot be read, if that is it, and err otherwise.
func (l *lineReader) cause(err error) error {
	if l.failed != nil {
		return l.failed
	}
	return err
}
