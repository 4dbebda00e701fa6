package config

import (
	"reflect"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// setting is one field of Settings as its tags describe it.
type setting struct {
	index    int    // of the field
	variable string // LATCHKEY_SMTP_URL
	flag     string // --smtp-url
	unset    string // what holds when nothing is given, in words or as a value
	help     string
	secret   bool
}

// settings are all settings in the order in which they are declared, which is that of every list.
var settings = describe()

func describe() []setting {
	fields := reflect.VisibleFields(reflect.TypeFor[Settings]())
	all := make([]setting, 0, len(fields))

	for i, field := range fields {
		all = append(all, setting{
			index:    i,
			variable: field.Tag.Get("var"),
			flag:     "--" + field.Tag.Get("name"),
			unset:    field.Tag.Get("unset"),
			help:     field.Tag.Get("help"),
			secret:   field.Type == reflect.TypeFor[secret.Text](),
		})
	}
	return all
}

// of returns what was given for the setting. The text of a secret is secret still.
func (st setting) of(s *Settings) string { return reflect.ValueOf(s).Elem().Field(st.index).String() }

// put replaces what was given for the setting.
func (st setting) put(s *Settings, value string) {
	reflect.ValueOf(s).Elem().Field(st.index).SetString(value)
}

// shown returns what was given as it may be shown: nothing of a secret but that it is set, nothing
// of a URL's password.
func (st setting) shown(s *Settings) string {
	switch value := st.of(s); {
	case value == "":
		return ""
	case st.secret:
		return maskSecret(value)
	default:
		return mask(value)
	}
}

// named returns the setting that a variable sets.
func named(variable string) setting {
	for _, st := range settings {
		if st.variable == variable {
			return st
		}
	}
	panic("config: no setting " + variable)
}
