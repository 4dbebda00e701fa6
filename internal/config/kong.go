package config

import (
	"fmt"

	"github.com/alecthomas/kong"
)

// From is the option of kong that fills embedded Settings from an environment, below the command
// line: a flag wins over its variable, a variable with _FILE names a file that has the value, and an empty
// variable is as good as none. It also makes the
// help of each setting tell its variable and what holds when it is not set.
func From(getenv func(string) string) kong.Option {
	resolve := kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		variable := flag.Tag.Get("var")
		if variable == "" {
			return nil, nil //nolint:nilnil // kong's word for "nothing known of this flag"
		}
		return lookUp(getenv, variable), nil
	})

	return kong.OptionFunc(func(k *kong.Kong) error {
		if err := kong.Resolvers(resolve).Apply(k); err != nil {
			return err
		}
		return kong.ValueFormatter(help).Apply(k)
	})
}

// help is the help of one flag, ours or another.
func help(value *kong.Value) string {
	variable := value.Tag.Get("var")
	if variable == "" {
		return kong.DefaultHelpValueFormatter(value)
	}
	return fmt.Sprintf("%s Default: %s. [$%s]", value.Help, value.Tag.Get("unset"), variable)
}
