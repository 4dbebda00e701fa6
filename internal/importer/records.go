package importer

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"unicode/utf8"
)

// maxRow is how long a row may be, in bytes: far more than a user has.
const maxRow = 1 << 20

// record is one row as it is in a file: JSON, or the columns of a table as JSON has them.
type record struct {
	file   string
	line   int
	raw    json.RawMessage // nil: of a table
	fields map[string]any  // of a table
	fault  string          // why it cannot be read; empty: it can
}

// Causes of rows that cannot be read.
const (
	faultUTF8   = "The row has bytes that are not UTF-8."
	faultJSON   = "The row is not JSON, or breaks off."
	faultObject = "The row is not a JSON object."
	faultLong   = "The row is longer than 1 MB."
	faultCut    = "The file breaks off here, or is damaged. What follows was not read."
)

// errTooLong is for a row that is longer than maxRow.
var errTooLong = errors.New("a row is too long")

// open opens a file, or the standard input for "-".
func (e *export) open(path string) (io.ReadCloser, error) {
	if path == "-" && e.options.Stdin != nil {
		return io.NopCloser(e.options.Stdin), nil
	}
	file, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("read the export: %w", err)
	}
	return file, nil
}

// records calls fn with each row of a file: lines of JSON, an array, the array with a name in an object, or a table of
// comma-separated values whose first row names the columns.
func (e *export) records(path, array string, fn func(*record) error) (err error) {
	file, err := e.open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	source := newLineReader(file)
	buffered := bufio.NewReaderSize(source, 64<<10)
	first, err := firstByte(buffered)
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return fmt.Errorf("read the export: %w", err)
	case first == '[':
		return arrayRecords(buffered, source, "", fn)
	case first == '{' && array != "" && !startsWithObject(buffered):
		return arrayRecords(buffered, source, array, fn)
	case first == '{':
		source.bounded = false // readLine looks at the length, and can go on after a line that is too long
		return lineRecords(buffered, fn)
	}
	return tableRecords(buffered, source, fn)
}

// firstByte returns the first byte that is no space, after the mark of the byte order that some programs write, which
// it skips.
func firstByte(r *bufio.Reader) (byte, error) {
	if mark, err := r.Peek(3); err == nil && bytes.HasPrefix(mark, []byte("\xef\xbb\xbf")) {
		if _, err := r.Discard(len(mark)); err != nil {
			return 0, err
		}
	}
	for n := 1; ; n++ {
		start, err := r.Peek(n)
		if err != nil {
			return 0, err
		}
		if c := start[n-1]; c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return c, nil
		}
	}
}

// startsWithObject reports whether the first line is a JSON object of its own.
func startsWithObject(r *bufio.Reader) bool {
	start, _ := r.Peek(r.Size()) // what there is, is looked at
	line, _, isLine := bytes.Cut(start, []byte("\n"))
	return isLine && json.Valid(line)
}

// lineRecords reads a JSON object from each line. A line that is none leaves the others readable.
func lineRecords(r *bufio.Reader, fn func(*record) error) error {
	for line := 1; ; line++ {
		text, err := readLine(r)
		switch {
		case errors.Is(err, errTooLong):
			if err := fn(&record{line: line, fault: faultLong}); err != nil {
				return err
			}
			continue
		case err != nil && !errors.Is(err, io.EOF):
			return fmt.Errorf("read the export: %w", err)
		}
		if text = bytes.TrimSpace(text); len(text) > 0 {
			if err := fn(newRecord(line, text)); err != nil {
				return err
			}
		}
		if err != nil {
			return nil
		}
	}
}

// readLine returns a line, and skips one that is too long.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		if len(line) <= maxRow {
			line = append(line, part...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if len(line) > maxRow {
			return nil, errTooLong
		}
		return line, err
	}
}

// newRecord is a record of JSON.
func newRecord(line int, text []byte) *record {
	r := &record{line: line, raw: text}
	switch {
	case !utf8.Valid(text):
		r.fault = faultUTF8
	case !json.Valid(text):
		r.fault = faultJSON
	case text[0] != '{':
		r.fault = faultObject
	}
	return r
}

// arrayRecords reads the objects of an array, or of the array with a name in an object. What follows a syntax error
// cannot be read.
func arrayRecords(r io.Reader, source *lineReader, name string, fn func(*record) error) error {
	decoder := json.NewDecoder(r)
	decoder.UseNumber()
	cut := func(err error) error {
		line := source.lineAt(decoder.InputOffset())
		switch {
		case errors.Is(err, errTooLong):
			return fn(&record{line: line, fault: faultLong + " What follows was not read."})
		case source.failed != nil:
			return fmt.Errorf("read the export: %w", source.failed)
		}
		return fn(&record{line: line, fault: faultCut})
	}
	found, err := enterArray(decoder, source, name)
	if err != nil {
		return cut(err)
	}
	if !found {
		return fmt.Errorf("the file has no array %q", name)
	}
	for decoder.More() {
		source.mark(decoder.InputOffset())
		line := source.lineAt(decoder.InputOffset())
		var raw json.RawMessage
		if err := decoder.Decode(&raw); err != nil {
			return cut(err)
		}
		if err := fn(newRecord(line, raw)); err != nil {
			return err
		}
	}
	if _, err := decoder.Token(); err != nil {
		return cut(err)
	}
	return nil
}

// enterArray reads up to the first element of the array, and reports whether there is one.
func enterArray(decoder *json.Decoder, source *lineReader, name string) (bool, error) {
	opened, err := decoder.Token()
	if err != nil {
		return false, err
	}
	if opened == json.Delim('[') {
		return true, nil
	}
	for decoder.More() {
		source.mark(decoder.InputOffset())
		key, err := decoder.Token()
		if err != nil {
			return false, err
		}
		if key == name {
			opened, err := decoder.Token()
			return err == nil && opened == json.Delim('['), err
		}
		if err := skipValue(decoder, source); err != nil {
			return false, err
		}
	}
	return false, nil
}

// skipValue reads over a value, piece by piece: it may be long.
func skipValue(decoder *json.Decoder, source *lineReader) error {
	for depth := 0; ; {
		source.mark(decoder.InputOffset())
		token, err := decoder.Token()
		if err != nil {
			return err
		}
		switch token {
		case json.Delim('['), json.Delim('{'):
			depth++
		case json.Delim(']'), json.Delim('}'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

// tableRecords reads comma-separated values.
func tableRecords(r io.Reader, source *lineReader, fn func(*record) error) error {
	reader := csv.NewReader(r)
	reader.ReuseRecord = true
	header, err := reader.Read()
	if err != nil {
		return fmt.Errorf("read the names of the columns: %w", source.cause(err))
	}
	names := append([]string(nil), header...)
	reader.FieldsPerRecord = -1
	for {
		source.mark(reader.InputOffset())
		values, err := reader.Read()
		var syntax *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.As(err, &syntax):
			if err := fn(&record{line: syntax.StartLine, fault: "The row has a quotation mark in the wrong place, or breaks off."}); err != nil {
				return err
			}
			continue
		case errors.Is(err, errTooLong):
			return fn(&record{line: source.lineAt(reader.InputOffset()), fault: faultLong + " What follows was not read."})
		case err != nil:
			return fmt.Errorf("read the export: %w", err)
		}
		line, _ := reader.FieldPos(0)
		if err := fn(tableRecord(line, names, values)); err != nil {
			return err
		}
	}
}

func tableRecord(line int, names, values []string) *record {
	r := &record{line: line, fields: make(map[string]any, len(names))}
	if len(values) != len(names) {
		r.fault = fmt.Sprintf("The row has %d columns, and the first row of the file has %d.", len(values), len(names))
		return r
	}
	for i, value := range values {
		if !utf8.ValidString(value) {
			r.fault = faultUTF8
			return r
		}
		r.fields[names[i]] = value
	}
	return r
}
