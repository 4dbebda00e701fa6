package auth

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Account returns the user with this address, for an operator. ErrNotFound if there is none: a sign-up
// that waits for its confirmation is no user.
func (s *Service) Account(ctx context.Context, address string) (*User, error) {
	email, problems := checkEmail(address)
	if err := problems.err(); err != nil {
		return nil, err
	}
	user, err := s.store.UserByEmail(ctx, email.Canonical)
	if err != nil {
		return nil, fmt.Errorf("find account: %w", err)
	}
	return user, nil
}

// SetProfile merges the patch, as ParseProfilePatch returns it, into the profile of the user (RFC
// 7396), on the word of an operator: also what only operators set, and what users can set at sign-up
// only. Problems: PROFILE_INVALID for each fault, as in UpdateProfile, and for claims that would be
// too large for a token. ErrNotFound if there is no such user.
func (s *Service) SetProfile(ctx context.Context, address string, patch map[string]any) (*User, error) {
	if err := checkProfileInput(patch).err(); err != nil {
		return nil, err
	}
	if patch == nil {
		patch = map[string]any{}
	}
	asOperator := func(_, after map[string]any) []ProfileFault { return s.config.Profile.CheckAsOperator(after) }

	return s.amend(ctx, address, "set profile", actProfileUpdated, func(_ *tx, user *User) error {
		merged, problems, err := mergeProfile(user.Profile, patch, asOperator)
		if err != nil {
			return err
		}
		if problems == nil {
			problems = s.config.Claims.checkChange(user.Profile, merged)
		}
		user.Profile = merged
		return problems.err()
	})
}

// ParseProfilePatch returns the JSON object in text, as a patch. The error says what is wrong, and
// nothing of the text.
func ParseProfilePatch(text []byte) (map[string]any, error) {
	if !utf8.Valid(text) {
		return nil, errors.New("a change of a profile is UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, errors.New(`a change of a profile is JSON, such as {"plan": "pro"}: this is not, or breaks off`)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("a change of a profile is one JSON object: there is something after it")
	}
	if _, isObject := value.(map[string]any); !isObject {
		return nil, errors.New(`a change of a profile is a JSON object, such as {"plan": "pro"}`)
	}
	plain, err := plainNumbers(value)
	if err != nil {
		return nil, err
	}
	patch, _ := plain.(map[string]any)
	return patch, nil
}

// plainNumbers returns a value of JSON with each json.Number as an int64 or a float64, which is how
// requests bring them and how every encoder writes them. An error if one is too large for that, or
// whole and not exact.
func plainNumbers(value any) (any, error) {
	switch value := value.(type) {
	case json.Number:
		if whole, err := value.Int64(); err == nil {
			return whole, nil
		}
		number, err := value.Float64()
		isWhole := !strings.ContainsAny(value.String(), ".eE")
		if err != nil || isWhole && strconv.FormatFloat(number, 'f', -1, 64) != value.String() {
			return nil, errors.New("a number is out of range: whole ones have 64 bits")
		}
		return number, nil
	case []any:
		list := make([]any, len(value))
		for i, item := range value {
			var err error
			if list[i], err = plainNumbers(item); err != nil {
				return nil, err
			}
		}
		return list, nil
	case map[string]any:
		object := make(map[string]any, len(value))
		for name, field := range value {
			var err error
			if object[name], err = plainNumbers(field); err != nil {
				return nil, err
			}
		}
		return object, nil
	}
	return value, nil
}

// splitProfile returns what users write of a profile, and what only operators do.
func (s *Service) splitProfile(profile Profile) (users, operators Profile, err error) {
	object, err := profile.object()
	if err != nil {
		return "", "", err
	}
	written, set := s.split(object)
	users, _, problems := newProfile(written)
	operators, _, more := newProfile(set)
	return users, operators, append(problems, more...).err()
}

func (s *Service) split(object map[string]any, path ...string) (users, operators map[string]any) {
	users, operators = map[string]any{}, map[string]any{}
	for name, value := range object {
		below := append(path[:len(path):len(path)], name)
		inner, isObject := value.(map[string]any)
		switch {
		case s.config.Profile.SetByOperator(below...):
			operators[name] = value
		case isObject:
			written, set := s.split(inner, below...)
			users[name] = written
			if len(set) > 0 {
				operators[name] = set
			}
		default:
			users[name] = value
		}
	}
	return users, operators
}
