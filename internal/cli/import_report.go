package cli

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/importer"
)

// importReportShown is how many lines of a report a person is shown who has asked for no file.
const importReportShown = 20

// importReport says of which rows something was not taken, and why.
type importReport struct {
	file   *os.File // nil: a person is told the first ones
	lines  *bufio.Writer
	person io.Writer
	more   int // that were not shown
	shown  int
}

// importReportLine is a line of the file. It repeats nothing of the row.
type importReportLine struct {
	File    string             `json:"file,omitempty"`
	Line    int                `json:"line"`
	Outcome auth.ImportOutcome `json:"outcome"`
	Field   string             `json:"field,omitempty"`
	Cause   string             `json:"cause"`
}

func newImportReport(path string, person io.Writer) (*importReport, error) {
	if path == "" {
		return &importReport{person: person}, nil
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("write the report: %w", err)
	}
	return &importReport{file: file, lines: bufio.NewWriter(file)}, nil
}

// row writes a line for each note of a row.
func (r *importReport) row(row *importer.Row, result auth.ImportResult) error {
	notes := append(row.Notes[:len(row.Notes):len(row.Notes)], result.Notes...)
	for _, note := range notes {
		line := importReportLine{File: row.File, Line: row.Line, Outcome: result.Outcome, Field: note.Field, Cause: note.Cause}
		if err := r.line(line); err != nil {
			return err
		}
	}
	return nil
}

func (r *importReport) line(line importReportLine) error {
	if r.file != nil {
		return json.NewEncoder(r.lines).Encode(line)
	}
	if r.shown == importReportShown {
		r.more++
		return nil
	}
	r.shown++
	where := fmt.Sprintf("line %d", line.Line)
	if line.File != "" {
		where = line.File + ", " + where
	}
	_, err := fmt.Fprintf(r.person, "%s (%s): %s\n", where, line.Outcome, line.Cause)
	return err
}

// close writes what is left.
func (r *importReport) close() error {
	if r.file == nil {
		if r.more == 0 {
			return nil
		}
		_, err := fmt.Fprintf(r.person, "… and %d more: --report FILE has all of them\n", r.more)
		return err
	}
	if err := r.lines.Flush(); err != nil {
		_ = r.file.Close()
		return fmt.Errorf("write the report: %w", err)
	}
	return r.file.Close()
}
