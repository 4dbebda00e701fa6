package importer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/latchkey-auth/latchkey/internal/profile"
)

// mappingMaxSize is in bytes.
const mappingMaxSize = 64 << 10

// Mapping says which columns of an export become what here. A column in an object is named with dots:
// raw_user_meta_data.company.
type Mapping struct {
	// Name is the column of the name, or several, which are joined by spaces. Empty: what the format says.
	Name columns `yaml:"name"`
	// Username is the column of the username. Empty: what the format says.
	Username string `yaml:"username"`
	// Profile has a column for each field of the profile.
	Profile map[string]column `yaml:"profile"`
}

// columns is one name or a list of them.
type columns []string

// UnmarshalYAML implements yaml.InterfaceUnmarshaler.
func (c *columns) UnmarshalYAML(unmarshal func(any) error) error {
	var one string
	if unmarshal(&one) == nil {
		*c = columns{one}
		return nil
	}
	var several []string
	err := unmarshal(&several)
	*c = several
	return err
}

// column is where a field of the profile comes from.
type column struct {
	Column string `yaml:"column"`
	As     string `yaml:"as"` // integer, number, boolean or string; empty: as it is, and text in tables
}

// UnmarshalYAML implements yaml.InterfaceUnmarshaler.
func (c *column) UnmarshalYAML(unmarshal func(any) error) error {
	if unmarshal(&c.Column) == nil {
		return nil
	}
	type plain column
	return unmarshal((*plain)(c))
}

// conversions are what As can be.
var conversions = map[string]func(value any) (any, bool){
	"": func(value any) (any, bool) { return value, true },
	"string": func(value any) (any, bool) {
		switch value := value.(type) {
		case string:
			return value, true
		case json.Number, int64, float64, bool:
			return textOf(value), true
		}
		return nil, false
	},
	"integer": func(value any) (any, bool) {
		n, err := strconv.ParseInt(strings.TrimSpace(fmt.Sprint(value)), 10, 64)
		return n, err == nil
	},
	"number": func(value any) (any, bool) {
		n, err := strconv.ParseFloat(strings.TrimSpace(fmt.Sprint(value)), 64)
		return n, err == nil
	},
	"boolean": func(value any) (any, bool) { return asBool(value) },
}

// LoadMapping reads a mapping in YAML or JSON, and checks it against the schema of profiles: a field that the schema does
// not declare is an error, and so is one whose column is missing.
func LoadMapping(file string, schema *profile.Schema) (*Mapping, error) {
	text, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("read the mapping: %w", err)
	}
	if len(text) > mappingMaxSize {
		return nil, errors.New("a mapping has at most 64 KB")
	}
	mapping := new(Mapping)
	if err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(mapping); err != nil {
		return nil, fmt.Errorf("read the mapping: %s", yaml.FormatError(err, false, false))
	}
	var faults []error
	for _, field := range slices.Sorted(maps.Keys(mapping.Profile)) {
		from := mapping.Profile[field]
		switch {
		case !schema.Declares(field):
			faults = append(faults, fmt.Errorf("the mapping has the profile field %q, which LATCHKEY_PROFILE_SCHEMA does not declare", field))
		case from.Column == "":
			faults = append(faults, fmt.Errorf("the mapping has no column for the profile field %q", field))
		case conversions[from.As] == nil:
			faults = append(faults, fmt.Errorf("the mapping of the profile field %q has a wrong \"as\": it can be string, integer, number and boolean", field))
		}
	}
	return mapping, errors.Join(faults...)
}

// apply puts into a user what the mapping takes of the columns of its row.
func (m *Mapping) apply(row *Row, columns map[string]any) {
	if m == nil || row.User == nil {
		return
	}
	if len(m.Name) > 0 {
		var parts []string
		for _, name := range m.Name {
			if part := textOf(lookup(columns, name)); part != "" {
				parts = append(parts, part)
			}
		}
		row.User.Name = strings.Join(parts, " ")
	}
	if m.Username != "" {
		row.User.Username = textOf(lookup(columns, m.Username))
	}
	fields := map[string]any{}
	for field, from := range m.Profile {
		value := lookup(columns, from.Column)
		if value == nil || value == "" {
			continue
		}
		converted, ok := conversions[from.As](value)
		if !ok {
			row.note("profile", "A field of the profile was left out: its column has a value of another kind.")
			continue
		}
		fields[field] = converted
	}
	plain, err := profile.PlainNumbers(fields)
	if err != nil {
		row.note("profile", "The profile was left out: it has numbers that are out of range.")
		return
	}
	row.User.Profile, _ = plain.(map[string]any)
}

// lookup returns what is in a column, nil if there is none.
func lookup(columns map[string]any, name string) any {
	if value, ok := columns[name]; ok {
		return value
	}
	first, rest, nested := strings.Cut(name, ".")
	if !nested {
		return nil
	}
	inner, _ := asObject(columns[first])
	return lookup(inner, rest)
}
