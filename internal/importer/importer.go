// Package importer reads what other systems export of their users, and writes and reads the format of this program. It
// reads rows one after another, so that a file of any length needs the same memory, and decides nothing: whose account
// a row is and what of it can be taken, are the rules of package auth.
//
// A row that cannot be read is told with its line and the cause, and the rest is read. Causes repeat nothing of a row:
// it may have a secret anywhere.
package importer

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/text"
)

// Row is a row of an export.
type Row struct {
	File  string             // where it is; empty: in the one file
	Line  int                // where it begins, from 1
	User  *auth.ImportedUser // nil: it cannot be read, and Notes say why
	Notes []auth.ImportNote  // what of it cannot be imported, or why it cannot be read
}

func (r *Row) note(field, cause string) {
	r.Notes = append(r.Notes, auth.ImportNote{Field: field, Cause: cause})
}

// Options say how an export is read.
type Options struct {
	Format  string
	Mapping *Mapping    // nil: only what the format maps by itself
	Stdin   io.Reader   // for the path "-"
	Hashes  *HashConfig // nil: nothing is needed
	// TrustEmails takes addresses as verified where the other system does not say whether they are.
	TrustEmails bool
}

// format is how one system exports its users.
type format struct {
	// read reads all of an export.
	read func(e *export, fn func(*Row) error) error
	// isMapped: columns can be mapped by a file. The others are what this program would write.
	isMapped bool
}

// formats are all of them. newFormat fills it.
var formats = map[string]format{}

// newFormat adds a format to the table and returns its name. The file of the format calls it.
func newFormat(name string, f format) string {
	formats[name] = f
	return name
}

// Formats returns the names of all formats, in order.
func Formats() []string { return slices.Sorted(maps.Keys(formats)) }

// export is what is read.
type export struct {
	path    string
	options Options
}

// Read calls fn with each row of the export at a path, which is a file or, where the format has several, a folder,
// until fn returns an error. An error means that nothing more can be read; what is wrong with a row is in the row.
func Read(path string, options Options, fn func(*Row) error) error {
	f, ok := formats[options.Format]
	if !ok {
		known := Formats()
		err := fmt.Errorf("unknown format: the formats are %s", strings.Join(known, ", "))
		if near := text.Nearest(options.Format, known, 2); len(near) > 0 {
			err = fmt.Errorf("unknown format, did you mean %s?", near[0])
		}
		return err
	}
	if options.Mapping != nil && !f.isMapped {
		return fmt.Errorf("rows of the format %s need no mapping: they have the fields that there are", options.Format)
	}
	return f.read(&export{path: path, options: options}, fn)
}
