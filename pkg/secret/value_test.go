package secret

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"text/template"
)

const hidden = "correct-horse-battery-staple"

// disguises returns the forms in which a secret could leak: as text, in
// hexadecimal or as byte values.
func disguises() []string {
	b := []byte(hidden)[:8]
	return []string{
		"correct", "staple", fmt.Sprintf("%x", b), fmt.Sprintf("%X", b), fmt.Sprintf("% x", b), fmt.Sprintf("%U", 'c'),
		fmt.Sprintf("%d %d %d", b[0], b[1], b[2]), fmt.Sprintf("%#x, %#x, %#x", b[0], b[1], b[2]),
	}
}

func mustNotShow(t *testing.T, where, text string) {
	t.Helper()
	for _, d := range disguises() {
		if strings.Contains(text, d) {
			t.Errorf("%s shows the secret: %s", where, text)
			return
		}
	}
}

type account struct {
	Name string
	Key  Value
}

type vault struct {
	key  Value
	keys []Value
	next *vault
	by   map[string]Value
	any  any
}

func holders() map[string]any {
	v := newValue(hidden, "7")
	inner := vault{key: v, keys: []Value{v}, by: map[string]Value{"k": v}, any: v}
	return map[string]any{
		"value": v, "pointer": &v, "slice": []Value{v}, "map": map[string]Value{"k": v},
		"exported field": account{Name: "n", Key: v}, "pointer to struct": &account{Key: v},
		"unexported fields": inner, "pointer to unexported": &vault{next: &inner, key: v}, "any": []any{v, &v, inner},
		"array": [1]Value{v}, "nested": struct{ a struct{ b *Value } }{struct{ b *Value }{&v}},
		"source": &Source{view: view{current: held{value: v}, former: []held{{value: v}}}, told: []Value{v}},
		"store":  &Store{sources: map[string]*Source{"X": {told: []Value{v}}}},
	}
}

func TestValue_PrintsRedacted(t *testing.T) {
	for name, x := range holders() {
		for _, verb := range "vTtbcdoOqxXUeEfFgGspw" {
			for _, flags := range []string{"", "+", "#", "-", " ", "0", "+#", "40", ".80", "#.3", "[1]"} {
				format := "%" + flags + string(verb)
				mustNotShow(t, name+" under "+format, fmt.Sprintf(format, x))
			}
		}
		mustNotShow(t, name+" in Sprint", fmt.Sprint(x)+fmt.Sprintln(x))
		mustNotShow(t, name+" in an error", fmt.Errorf("wrapped: %w", fmt.Errorf("failed for %v and %+v", x, x)).Error())
	}
}

func TestValue_EncodesRedacted(t *testing.T) {
	v := newValue(hidden, "7")
	data := map[string]any{"Value": v, "Account": account{Name: "n", Key: v}, "List": []Value{v}}
	for name, x := range data {
		var out bytes.Buffer
		text, err := json.Marshal(x)
		if err != nil || !bytes.Contains(text, []byte(redacted)) {
			t.Errorf("%s as JSON: %s, %v", name, text, err)
		}
		mustNotShow(t, name+" as JSON", string(text))
		if text, err = xml.Marshal(x); err != nil {
			t.Errorf("%s as XML: %v", name, err)
		}
		mustNotShow(t, name+" as XML", string(text))
		if err := gob.NewEncoder(&out).Encode(x); err == nil {
			t.Errorf("%s goes into gob", name)
		}
		if err := template.Must(template.New("").Parse("{{.}} {{printf `%s %q %x` . . .}}")).Execute(&out, x); err != nil {
			t.Errorf("%s in a template: %v", name, err)
		}
		mustNotShow(t, name+" as gob or in a template", out.String())
	}
}

func TestValue_LogsRedacted(t *testing.T) {
	for name, x := range holders() {
		var out bytes.Buffer
		for _, h := range []slog.Handler{slog.NewJSONHandler(&out, nil), slog.NewTextHandler(&out, nil)} {
			l := slog.New(h).With("with", x)
			l.Info("pairs", "x", x)
			l.Info("attributes", slog.Any("any", x), slog.Group("g", slog.Any("x", x)))
		}
		mustNotShow(t, name+" in a log", out.String())
	}
}

func TestValue_PanicsRedacted(t *testing.T) {
	v := newValue(hidden, "7")
	for name, x := range map[string]any{"value": v, "error": errors.Join(fmt.Errorf("with %v", v)), "struct": account{Key: v}} {
		func() {
			defer func() { mustNotShow(t, name+" in a panic", fmt.Sprintf("%v %+v %#v", recover(), x, x)) }()
			panic(x)
		}()
	}
}

func TestValue_VersionAndEquality(t *testing.T) {
	v, same, other, none := newValue(hidden, "7"), newValue(hidden, "8"), newValue("x", "7"), Value{}
	for _, c := range []struct {
		name string
		ok   bool
	}{
		{"reveals itself", v.Reveal() == hidden},
		{"has a version", v.Version() == "7"},
		{"is equal to the same secret of another version", v.Equal(same)},
		{"is not equal to another secret of the same version", !v.Equal(other)},
		{"is not equal to none", !v.Equal(none) && !none.Equal(v)},
		{"nothing is equal to nothing", Value{}.Equal(none)},
		{"nothing is zero and reveals nothing", none.IsZero() && none.Reveal() == "" && !v.IsZero()},
		{"nothing prints like a secret", fmt.Sprint(none) == redacted},
	} {
		if !c.ok {
			t.Errorf("not true of a value: %s", c.name)
		}
	}
}
