package main

import (
	"errors"
	"strings"

	"github.com/vektah/gqlparser/v2/gqlerror"
)

// refused is what the user can mend, all of it at once.
type refused []Problem

// Error implements error.
func (r refused) Error() string {
	var words []string
	for _, problem := range r {
		words = append(words, problem.Message)
	}
	return strings.Join(words, " ")
}

// refusal returns the problems of an answer as an error, and nil if there are none.
func refusal(problems []Problem) error {
	if len(problems) == 0 {
		return nil
	}
	return refused(problems)
}

// has tells whether something was wrong with the request itself, by its code.
func has(err error, code string) bool {
	var list gqlerror.List
	if !errors.As(err, &list) {
		return false
	}
	for _, one := range list {
		if one.Extensions["code"] == code {
			return true
		}
	}
	return false
}

// advice says what to do about an error.
func advice(err error) string {
	var problems refused
	if has(err, "RATE_LIMITED") {
		return "Too many attempts: wait a little."
	}
	if !errors.As(err, &problems) {
		return err.Error()
	}
	switch problems[0].Code {
	case UserErrorCodeInvalidCredentials:
		return "The address or the password is wrong. -sign-up makes an account."
	case UserErrorCodeEmailTaken:
		return "There is such an account already: log in, without -sign-up."
	default: // more codes will come
		return problems.Error()
	}
}
