package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

const (
	// fileSuffix makes of a variable the one that names a file with its value, as secrets of Docker and
	// Kubernetes come.
	fileSuffix = "_FILE"
	// longestFile is far more than any setting has, in bytes.
	longestFile = 64 << 10
	// unreadable begins the value of a setting whose file cannot be used. No value holds a NUL.
	unreadable = "\x00"
)

// lookUp returns the value of a variable, or of the file that the variable with _FILE names. If that cannot be used,
// it returns why behind the mark unreadable, for clean to make a fault of.
func lookUp(getenv func(string) string, variable string) string {
	value, path := getenv(variable), getenv(variable+fileSuffix)
	if path == "" {
		return value
	}
	if value != "" {
		return unreadable + "and " + variable + fileSuffix + " are both set, and only one of them can count."
	}
	text, err := readSetting(path)
	if err != nil {
		return unreadable + "cannot be read from the file in " + variable + fileSuffix + ": " + err.Error() + "."
	}
	return text
}

// Variable returns the secret in a variable that is no setting of its own, such as that of a provider, or in the file
// that the variable with _FILE names. Empty: neither is set.
func Variable(getenv func(string) string, variable string) (secret.Text, error) {
	value := lookUp(getenv, variable)
	if problem, ok := strings.CutPrefix(value, unreadable); ok {
		return "", errors.New(variable + " " + problem)
	}
	return secret.Text(unquoted(strings.TrimSpace(value))), nil
}

// readSetting returns what is in a file. Its errors do not have the path, which may be the secret itself.
func readSetting(path string) (string, error) {
	file, err := os.Open(path) //nolint:gosec // the path is the operator's own
	if err != nil {
		return "", withoutPath(err)
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, longestFile+1))
	switch {
	case err != nil:
		return "", withoutPath(err)
	case len(text) > longestFile:
		return "", fmt.Errorf("it has more than %d bytes", longestFile)
	case strings.TrimSpace(string(text)) == "":
		return "", errors.New("it is empty")
	}
	return string(text), nil
}

func withoutPath(err error) error {
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		return failed.Err
	}
	return err
}

// isFileOf reports whether a variable names the file of a setting.
func isFileOf(variable string) bool {
	setting, ok := strings.CutSuffix(variable, fileSuffix)
	return ok && known(setting)
}

// unquoted takes a pair of quotes off a value, which docker --env-file and some others leave around it.
func unquoted(value string) string {
	if len(value) < 2 || value[0] != '"' && value[0] != '\'' || value[len(value)-1] != value[0] {
		return value
	}
	if inner := value[1 : len(value)-1]; !strings.ContainsRune(inner, rune(value[0])) {
		return strings.TrimSpace(inner)
	}
	return value
}
