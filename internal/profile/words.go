package profile

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// noSuchField is said of a field that the schema does not declare.
const noSuchField = "There is no such field."

// inWords returns the faults that a validation found, for the user. They tell of the schema only, and
// of what was given nothing but the names of fields.
func inWords(invalid *jsonschema.ValidationError) []Fault {
	path := invalid.InstanceLocation
	each := func(names []string, fault Fault) []Fault {
		var faults []Fault
		for _, name := range names {
			fault.Path = append(path[:len(path):len(path)], name)
			faults = append(faults, fault)
		}
		return faults
	}

	switch why := invalid.ErrorKind.(type) {
	case *kind.Schema, *kind.Group, *kind.Reference, *kind.AllOf:
		var faults []Fault
		for _, cause := range invalid.Causes {
			faults = append(faults, inWords(cause)...)
		}
		return faults
	case *kind.Required:
		return each(why.Missing, Fault{Message: "This is required."})
	case *kind.DependentRequired:
		return each(why.Missing, faultWith("This is required together with {field}.", "field", short(strconv.Quote(why.Prop))))
	case *kind.AdditionalProperties:
		return each(why.Properties, Fault{Message: noSuchField})
	case *kind.PropertyNames:
		return each([]string{why.Property}, Fault{Message: "A field may not have this name."})
	}
	fault := rule(invalid.ErrorKind)
	fault.Path = path
	return []Fault{fault}
}

// faultWith returns a fault with an argument, which stands in the message in place of its name in braces.
func faultWith(message, name string, value any) Fault {
	return Fault{
		Message: strings.Replace(message, "{"+name+"}", fmt.Sprint(value), 1),
		Args:    map[string]any{name: value},
	}
}

// rule says which rule a single value breaks.
func rule(broken jsonschema.ErrorKind) Fault {
	switch why := broken.(type) {
	case *kind.Type:
		return faultWith("This has to be of the type {type}.", "type", strings.Join(why.Want, " or "))
	case *kind.Enum:
		return faultWith("This has to be one of {values}.", "values", short(list(why.Want)))
	case *kind.Const:
		return faultWith("This has to be {value}.", "value", short(list([]any{why.Want})))
	case *kind.Format:
		return faultWith("This has to have the format {format}.", "format", why.Want)
	case *kind.Pattern:
		return faultWith("This has to match the pattern {pattern}.", "pattern", short(why.Want))
	case *kind.MinLength:
		return faultWith("This needs at least {min} characters.", "min", why.Want)
	case *kind.MaxLength:
		return faultWith("This may have at most {max} characters.", "max", why.Want)
	case *kind.MinItems:
		return faultWith("This needs at least {min} items.", "min", why.Want)
	case *kind.MaxItems:
		return faultWith("This may have at most {max} items.", "max", why.Want)
	case *kind.UniqueItems:
		return Fault{Message: "This may not have an item twice."}
	case *kind.MinProperties:
		return faultWith("This needs at least {min} fields.", "min", why.Want)
	case *kind.MaxProperties:
		return faultWith("This may have at most {max} fields.", "max", why.Want)
	case *kind.Minimum:
		return faultWith("This has to be at least {min}.", "min", decimal(why.Want))
	case *kind.Maximum:
		return faultWith("This may be at most {max}.", "max", decimal(why.Want))
	case *kind.ExclusiveMinimum:
		return faultWith("This has to be more than {bound}.", "bound", decimal(why.Want))
	case *kind.ExclusiveMaximum:
		return faultWith("This has to be less than {bound}.", "bound", decimal(why.Want))
	case *kind.MultipleOf:
		return faultWith("This has to be a multiple of {factor}.", "factor", decimal(why.Want))
	case *kind.AnyOf:
		return Fault{Message: "This has none of the forms that are allowed."}
	case *kind.OneOf:
		return Fault{Message: "This has to have exactly one of the forms that are allowed."}
	case *kind.FalseSchema:
		return Fault{Message: noSuchField}
	default:
		return faultWith("This breaks the rule {rule} of the schema.", "rule", short(strings.Join(broken.KeywordPath(), "/")))
	}
}

// list writes values of the schema as JSON.
func list(values []any) string {
	texts := make([]string, len(values))
	for i, value := range values {
		text, err := json.Marshal(value)
		if err != nil {
			return "the values that the schema names"
		}
		texts[i] = string(text)
	}
	return strings.Join(texts, ", ")
}

// short cuts what would make a message unreadable.
func short(text string) string {
	const longest = 100
	if runes := []rune(text); len(runes) > longest {
		return string(runes[:longest]) + "…"
	}
	return text
}

func decimal(n *big.Rat) string {
	f, _ := n.Float64()
	return strconv.FormatFloat(f, 'g', -1, 64)
}
