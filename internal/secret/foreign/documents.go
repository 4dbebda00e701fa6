package foreign

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"strings"
)

// ParseKeycloak reads a credential of the type password in a realm export: the JSON texts credentialData and secretData.
// Errors are those of Parse.
func ParseKeycloak(credentialData, secretData string) (Hash, error) {
	if len(credentialData)+len(secretData) > 2*maxTextLength {
		return Hash{}, ErrTooDear
	}
	var credential struct {
		Iterations uint32              `json:"hashIterations"`
		Algorithm  string              `json:"algorithm"`
		Additional map[string][]string `json:"additionalParameters"`
	}
	var kept struct {
		Value string `json:"value"`
		Salt  string `json:"salt"`
	}
	if json.Unmarshal([]byte(credentialData), &credential) != nil || json.Unmarshal([]byte(secretData), &kept) != nil {
		return Hash{}, ErrUnknown
	}
	if kept.Value == "" {
		return Hash{}, ErrUnusable
	}
	salt, sum, err := bothInBase64(kept.Salt, kept.Value)
	if err != nil {
		return Hash{}, err
	}
	switch credential.Algorithm {
	case "pbkdf2":
		return newPBKDF2("pbkdf2-sha1", credential.Iterations, salt, sum)
	case "pbkdf2-sha256", "pbkdf2-sha512":
		return newPBKDF2(credential.Algorithm, credential.Iterations, salt, sum)
	case "argon2":
		parameter := func(name string) string { return strings.Join(credential.Additional[name], " ") }
		if parameter("version") != "1.3" {
			return Hash{}, ErrUnknown
		}
		costs, err := numbers(parameter("memory"), parameter("parallelism"))
		if err != nil {
			return Hash{}, err
		}
		return newArgon2("argon2"+parameter("type"), costs[0], credential.Iterations, costs[1], salt, sum)
	}
	return Hash{}, ErrUnknown
}

// ParseASPNET reads the password hash of ASP.NET Core Identity, versions 2 and 3. Errors are those of Parse.
func ParseASPNET(text string) (Hash, error) {
	switch {
	case text == "":
		return Hash{}, ErrUnusable
	case len(text) > maxTextLength:
		return Hash{}, ErrTooDear
	}
	blob, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(blob) == 0 {
		return Hash{}, ErrUnknown
	}
	const saltLength, header = 16, 13
	switch version := blob[0]; {
	case version == 0 && len(blob) == 1+saltLength+32:
		return newPBKDF2("pbkdf2-sha1", 1000, blob[1:1+saltLength], blob[1+saltLength:])
	case version == 1 && len(blob) > header:
		function, iterations, length := binary.BigEndian.Uint32(blob[1:]), binary.BigEndian.Uint32(blob[5:]), binary.BigEndian.Uint32(blob[9:])
		functions := []string{"pbkdf2-sha1", "pbkdf2-sha256", "pbkdf2-sha512"}
		rest := blob[header:]
		if uint64(function) >= uint64(len(functions)) || uint64(length) >= uint64(len(rest)) {
			return Hash{}, ErrUnknown
		}
		return newPBKDF2(functions[function], iterations, rest[:length], rest[length:])
	}
	return Hash{}, ErrUnknown
}
