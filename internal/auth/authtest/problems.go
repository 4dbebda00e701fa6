package authtest

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// number finds numbers in a message, and names in braces for which there was no argument.
var number = regexp.MustCompile(`[0-9]+|\{[a-zA-Z]+\}`)

// checkArgs fails the test if a problem has a number in its message that is not in its arguments: a translation
// of it by its code would lose that.
func checkArgs(t testing.TB, problem auth.Problem) {
	t.Helper()
	args := fmt.Sprint(problem.Args)
	for _, found := range number.FindAllString(strings.ReplaceAll(problem.Message, "UTF-8", ""), -1) {
		if !strings.Contains(args, found) {
			t.Errorf("%s: got %s in the message %q and the arguments %s, want it in both", problem.Code, found, problem.Message, args)
		}
	}
}
