package profile

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// inWords returns the faults that a validation found, for the user. They tell of the schema only, and
// of what was given nothing but the names of fields.
func inWords(invalid *jsonschema.ValidationError) []auth.ProfileFault {
	path := invalid.InstanceLocation
	each := func(names []string, message string) []auth.ProfileFault {
		var faults []auth.ProfileFault
		for _, name := range names {
			faults = append(faults, auth.ProfileFault{Path: append(path[:len(path):len(path)], name), Message: message})
		}
		return faults
	}

	switch why := invalid.ErrorKind.(type) {
	case *kind.Schema, *kind.Group, *kind.Reference, *kind.AllOf:
		var faults []auth.ProfileFault
		for _, cause := range invalid.Causes {
			faults = append(faults, inWords(cause)...)
		}
		return faults
	case *kind.Required:
		return each(why.Missing, "This is required.")
	case *kind.DependentRequired:
		return each(why.Missing, "This is required together with "+short(strconv.Quote(why.Prop))+".")
	case *kind.AdditionalProperties:
		return each(why.Properties, "There is no such field.")
	case *kind.PropertyNames:
		return each([]string{why.Property}, "A field may not have this name.")
	}
	return []auth.ProfileFault{{Path: path, Message: rule(invalid.ErrorKind)}}
}

// rule says which rule a single value breaks.
func rule(broken jsonschema.ErrorKind) string {
	switch why := broken.(type) {
	case *kind.Type:
		return "This has to be of the type " + strings.Join(why.Want, " or ") + "."
	case *kind.Enum:
		return "This has to be one of " + short(list(why.Want)) + "."
	case *kind.Const:
		return "This has to be " + short(list([]any{why.Want})) + "."
	case *kind.Format:
		return "This has to have the format " + why.Want + "."
	case *kind.Pattern:
		return "This has to match the pattern " + short(why.Want) + "."
	case *kind.MinLength:
		return fmt.Sprintf("This needs at least %d characters.", why.Want)
	case *kind.MaxLength:
		return fmt.Sprintf("This may have at most %d characters.", why.Want)
	case *kind.MinItems:
		return fmt.Sprintf("This needs at least %d items.", why.Want)
	case *kind.MaxItems:
		return fmt.Sprintf("This may have at most %d items.", why.Want)
	case *kind.UniqueItems:
		return "This may not have an item twice."
	case *kind.MinProperties:
		return fmt.Sprintf("This needs at least %d fields.", why.Want)
	case *kind.MaxProperties:
		return fmt.Sprintf("This may have at most %d fields.", why.Want)
	case *kind.Minimum:
		return "This has to be at least " + decimal(why.Want) + "."
	case *kind.Maximum:
		return "This may be at most " + decimal(why.Want) + "."
	case *kind.ExclusiveMinimum:
		return "This has to be more than " + decimal(why.Want) + "."
	case *kind.ExclusiveMaximum:
		return "This has to be less than " + decimal(why.Want) + "."
	case *kind.MultipleOf:
		return "This has to be a multiple of " + decimal(why.Want) + "."
	case *kind.AnyOf:
		return "This has none of the forms that are allowed."
	case *kind.OneOf:
		return "This has to have exactly one of the forms that are allowed."
	case *kind.FalseSchema:
		return "There is no such field."
	default:
		return "This breaks the rule " + short(strings.Join(broken.KeywordPath(), "/")) + " of the schema."
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
