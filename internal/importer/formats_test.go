package importer_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/importer"
	"github.com/latchkey-auth/latchkey/internal/profile"
)

// Hashes in the spellings of other systems, of nothing.
const (
	bcrypt = "$2b$10$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234"
	pbkdf2 = "pbkdf2_sha256$260000$c2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
)

// described is all that matters of a row, in one line.
func described(row *importer.Row) string {
	var b strings.Builder
	if u := row.User; u != nil {
		fmt.Fprintf(&b, "%s verified=%v", u.Email, u.EmailVerified)
		add := func(name string, value any, is bool) {
			if is {
				fmt.Fprintf(&b, " %s=%v", name, value)
			}
		}
		add("id", u.ID, u.ID != uuid.Nil)
		add("ext", u.ExternalID, u.ExternalID != "" && u.ID == uuid.Nil)
		add("username", u.Username, u.Username != "")
		add("name", u.Name, u.Name != "")
		add("created", u.CreatedAt.Format(time.DateOnly), !u.CreatedAt.IsZero())
		add("disabled", true, u.Disabled)
		add("role", u.Role, u.Role != "")
		hash := ""
		if u.ForeignHash != nil {
			hash, _, _ = strings.Cut(strings.TrimPrefix(u.ForeignHash.Class(), "foreign$"), ":")
		}
		add("hash", hash, hash != "")
		add("totp", u.TOTPSecret.Reveal(), u.TOTPSecret != "")
		add("codes", len(u.RecoveryCodes), len(u.RecoveryCodes) > 0)
		add("profile", u.Profile, u.Profile != nil)
		for _, i := range u.Identities {
			add(i.Issuer, i.Subject, true)
		}
	}
	for _, note := range row.Notes {
		fmt.Fprintf(&b, " [%s]", note.Field)
	}
	return strings.TrimSpace(b.String())
}

func describe(t *testing.T, path string, options importer.Options) []string {
	t.Helper()
	var rows []string
	err := importer.Read(path, options, func(row *importer.Row) error { rows = append(rows, described(row)); return nil })
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
	return rows
}

func TestFormats(t *testing.T) {
	t.Parallel()
	const id = "6f1c2d3e-4b5a-4678-9abc-def012345678"
	for format, test := range map[string]struct {
		text string
		want []string
	}{
		"supabase": {
			`{"id":"` + id + `","email":"a@x.org","encrypted_password":"` + bcrypt + `","email_confirmed_at":"2024-01-02T03:04:05.6+00:00","created_at":"2023-01-02T00:00:00Z","raw_user_meta_data":{"full_name":"A B"},"identities":[{"provider":"email"},{"provider":"google","provider_id":"117"}],"factors":[{"factor_type":"totp","status":"verified","secret":"JBSWY3DPEHPK3PXP"},{"factor_type":"totp","status":"unverified","secret":"X"}]}
{"id":"` + id + `","is_anonymous":true}`,
			[]string{"a@x.org verified=true id=" + id + " name=A B created=2023-01-02 hash=bcrypt totp=JBSWY3DPEHPK3PXP https://accounts.google.com=117", "[]"},
		},
		"firebase": {
			`{"users": [
{"localId":"u1","email":"a@x.org","emailVerified":true,"displayName":"A","createdAt":"1672531200000","passwordHash":"AAAA","salt":"AA==","providerUserInfo":[{"providerId":"password"},{"providerId":"google.com","rawId":"117"},{"providerId":"phone"}]},
{"localId":"u2","email":"b@x.org","disabled":true`,
			[]string{"a@x.org verified=true ext=u1 name=A created=2023-01-01 https://accounts.google.com=117 [password] [identities]", "[]"},
		},
		"auth0": {
			`{"user_id":"auth0|1","email":"a@x.org","email_verified":true,"name":"a@x.org","created_at":"2023-01-02T03:04:05.678Z","blocked":true,"identities":[{"provider":"auth0","user_id":"1"},{"provider":"google-oauth2","user_id":"117"}]}
{"_id":{"$oid":"5dea"},"passwordHash":"` + bcrypt + `","identifiers":[{"type":"email","value":"b@x.org","verified":true}]}`,
			[]string{"a@x.org verified=true ext=auth0|1 created=2023-01-02 disabled=true https://accounts.google.com=117", "b@x.org verified=true ext=auth0|5dea hash=bcrypt"},
		},
		"keycloak": {
			`{"realm":"r","roles":{"realm":[{"name":"x"}]},"users":[{"id":"` + id + `","createdTimestamp":1672531200000,"username":"ada","enabled":true,"emailVerified":true,"firstName":"A","lastName":"B","email":"a@x.org","credentials":[
{"type":"password","secretData":"{\"value\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\",\"salt\":\"c2FsdHNhbHQ=\"}","credentialData":"{\"hashIterations\":27500,\"algorithm\":\"pbkdf2-sha256\"}"},
{"type":"otp","secretData":"{\"value\":\"Hello!abcd\"}","credentialData":"{\"subType\":\"totp\",\"digits\":6,\"period\":30,\"algorithm\":\"HmacSHA1\"}"}],"federatedIdentities":[{"identityProvider":"github","userId":"7"}]},
{"username":"service-account-x","serviceAccountClientId":"x"}],"clients":[]}`,
			[]string{"a@x.org verified=true id=" + id + " username=ada name=A B created=2023-01-01 hash=pbkdf2-sha256 totp=JBSWY3DPEFQWEY3E https://github.com=7", "[]"},
		},
		"kratos": {
			`[{"id":"` + id + `","state":"active","traits":{"email":"a@x.org","name":{"first":"A","last":"B"}},"verifiable_addresses":[{"value":"A@x.org","verified":true}],"created_at":"2023-01-02T03:04:05Z","credentials":{"password":{"config":{"hashed_password":"` + bcrypt + `"}},"totp":{"config":{"totp_url":"otpauth://totp/x:a?secret=JBSWY3DPEHPK3PXP"}},"lookup_secret":{"config":{"recovery_codes":[{"code":"abcdefgh"},{"code":"used","used_at":"2024-01-01T00:00:00Z"}]}},"oidc":{"config":{"providers":[{"provider":"google","subject":"117"}]}}}}]`,
			[]string{"a@x.org verified=true id=" + id + " name=A B created=2023-01-02 hash=bcrypt totp=JBSWY3DPEHPK3PXP codes=1 https://accounts.google.com=117"},
		},
		"authorizer": {
			"id,email,email_verified_at,password,given_name,family_name,created_at,revoked_timestamp\n" + id + ",a@x.org,1672531200," + bcrypt + ",A,B,1672531200,\n",
			[]string{"a@x.org verified=true id=" + id + " name=A B created=2023-01-01 hash=bcrypt"},
		},
		"pocketbase": {
			`[{"id":"abc","email":"a@x.org","verified":1,"name":"A","created":"2023-01-02 03:04:05.678Z","password":"` + bcrypt + `"}]`,
			[]string{"a@x.org verified=true ext=abc name=A created=2023-01-02 hash=bcrypt"},
		},
		"better-auth": {
			`{"id":"q1","email":"a@x.org","emailVerified":true,"name":"A","createdAt":"2023-01-02T03:04:05Z","accounts":[{"providerId":"credential","password":"` + strings.Repeat("ab", 16) + ":" + strings.Repeat("cd", 64) + `"},{"providerId":"google","accountId":"117"}]}`,
			[]string{"a@x.org verified=true ext=q1 name=A created=2023-01-02 hash=scrypt-nfkc https://accounts.google.com=117"},
		},
		"wordpress": {
			"ID,user_login,user_pass,user_email,user_registered,display_name\n7,ada,$wp$2y$10$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234,a@x.org,2023-01-02 03:04:05,Ada\n",
			[]string{"a@x.org verified=false ext=7 username=ada name=Ada created=2023-01-02 hash=bcrypt-wordpress"},
		},
		"laravel": {
			"id,name,email,email_verified_at,password,created_at,two_factor_secret\n7,Ada,a@x.org,2023-01-02 03:04:05," + strings.Replace(bcrypt, "$2b$", "$2y$", 1) + ",2023-01-02 03:04:05,eyJpdi\n8,Bob,b@x.org,NULL,NULL\n",
			[]string{"a@x.org verified=true ext=7 name=Ada created=2023-01-02 hash=bcrypt [totpSecret]", "[]"},
		},
		"devise": {
			"id,email,encrypted_password,confirmed_at,created_at,username\n7,a@x.org," + bcrypt + ",,2023-01-02 03:04:05.678901,ada\n",
			[]string{"a@x.org verified=false ext=7 username=ada created=2023-01-02 hash=bcrypt"},
		},
		"aspnet": {
			"Id,UserName,Email,EmailConfirmed,PasswordHash\n" + strings.ToUpper(id) + ",a@x.org,a@x.org,True,\n",
			[]string{"a@x.org verified=true id=" + id},
		},
	} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			got := describe(t, write(t, "export", test.text), importer.Options{Format: format})
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("the rows (-want +got):\n%s", diff)
			}
		})
	}
}

const djangoDump = `[
{"model": "auth.user", "pk": 7, "fields": {"password": "` + pbkdf2 + `", "is_superuser": false, "username": "ada", "first_name": "Ada", "last_name": "L", "email": "old@x.org", "is_staff": true, "is_active": true, "date_joined": "2023-01-02T03:04:05.678Z"}},
{"model": "auth.user", "pk": 8, "fields": {"password": "!", "is_superuser": true, "username": "b@x.org", "email": "b@x.org", "is_active": false}},
{"model": "account.emailaddress", "pk": 1, "fields": {"user": 7, "email": "a@x.org", "verified": true, "primary": true}},
{"model": "account.emailaddress", "pk": 2, "fields": {"user": 7, "email": "old@x.org", "verified": false, "primary": false}},
{"model": "socialaccount.socialaccount", "pk": 1, "fields": {"user": 7, "provider": "google", "uid": "117", "extra_data": {}}},
{"model": "mfa.authenticator", "pk": 1, "fields": {"user": 7, "type": "totp", "data": {"secret": "JBSWY3DPEHPK3PXP"}}},
{"model": "mfa.authenticator", "pk": 2, "fields": {"user": 7, "type": "recovery_codes", "data": {"seed": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "used_mask": 3}}},
{"model": "authtoken.token", "pk": "canary", "fields": {"user": 7}},
{"model": "knox.authtoken", "pk": "canary", "fields": {"user": 7, "digest": "canary"}}
]`

var djangoRows = []string{
	"a@x.org verified=true ext=7 username=ada name=Ada L created=2023-01-02 role=STAFF hash=pbkdf2-sha256 totp=JBSWY3DPEHPK3PXP codes=8 https://accounts.google.com=117 [email] [tokens] [tokens]",
	"b@x.org verified=false ext=8 disabled=true role=ADMIN",
}

func TestDjangoAsADump(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff(djangoRows, describe(t, write(t, "dump.json", djangoDump), importer.Options{Format: "django"})); diff != "" {
		t.Errorf("the rows (-want +got):\n%s", diff)
	}
}

func TestDjangoAsTables(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, text := range map[string]string{
		"auth_user.csv": "id,password,is_superuser,username,first_name,last_name,email,is_staff,is_active,date_joined\n" +
			"7," + pbkdf2 + ",f,ada,Ada,L,old@x.org,t,t,2023-01-02 03:04:05.678+00\n8,!,t,b@x.org,,,b@x.org,f,f,\n",
		"account_emailaddress.csv":        "id,email,verified,primary,user_id\n1,a@x.org,t,t,7\n2,old@x.org,f,f,7\n",
		"socialaccount_socialaccount.csv": "id,provider,uid,user_id\n1,google,117,7\n",
		"mfa_authenticator.csv": "id,type,data,user_id\n1,totp,\"{\"\"secret\"\": \"\"JBSWY3DPEHPK3PXP\"\"}\",7\n" +
			"2,recovery_codes,\"{\"\"seed\"\": \"\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"\", \"\"used_mask\"\": 3}\",7\n",
		"authtoken_token.csv": "key,user_id\ncanary,7\n",
		"knox_authtoken.csv":  "digest,user_id\ncanary,7\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(djangoRows, describe(t, folder, importer.Options{Format: "django"})); diff != "" {
		t.Errorf("the rows (-want +got):\n%s", diff)
	}
}

func TestAMappingIsCheckedAndApplied(t *testing.T) {
	t.Parallel()
	schema, err := profile.Parse("schema.json", []byte(`{"type":"object","properties":{"company":{"type":"string"},"age":{"type":"integer"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	good := write(t, "map.yaml", "name: [first, last]\nusername: nick\nprofile:\n  company: meta.company\n  age: {column: years, as: integer}\n")
	mapping, err := importer.LoadMapping(good, schema)
	if err != nil {
		t.Fatal(err)
	}
	file := write(t, "users.csv", "id,email,first,last,nick,years,meta\n7,a@x.org,A,B,ada,36,\"{\"\"company\"\": \"\"Engines\"\"}\"\n8,b@x.org,C,,,young,\n")
	want := []string{
		"a@x.org verified=false ext=7 username=ada name=A B profile=map[age:36 company:Engines]",
		"b@x.org verified=false ext=8 name=C profile=map[] [profile]",
	}
	if diff := cmp.Diff(want, describe(t, file, importer.Options{Format: "laravel", Mapping: mapping})); diff != "" {
		t.Errorf("the rows (-want +got):\n%s", diff)
	}
	for _, bad := range []string{"profile: {salary: x}", "profile: {age: {as: integer}}", "profile: {age: {column: a, as: date}}", "nme: x", "[1"} {
		if _, err := importer.LoadMapping(write(t, "map.yaml", bad), schema); err == nil {
			t.Errorf("got a mapping of %q, want an error", bad)
		}
	}
}
