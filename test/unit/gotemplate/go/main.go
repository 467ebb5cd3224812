// Writes the cases that the template engine is held against: templates, data, and what Go's html/template makes of them.
//
// It needs Go and no network: `go run . > ../go-cases.jsonl` writes the cases of the tests, and `go run . random 7 20000`
// as many random ones from another seed.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"math/rand"
	"os"
	"strconv"
	"strings"
)

// outcome is the text that was rendered, or the step that failed.
type outcome struct {
	Text  *string
	Error string
}

func (o outcome) MarshalJSON() ([]byte, error) {
	if o.Text != nil {
		return plain(*o.Text)
	}
	return plain(map[string]string{"error": o.Error})
}

// plain is JSON without escapes for HTML, which would only make the file longer.
func plain(value any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return bytes.TrimSpace(out.Bytes()), err
}

// tagged is a value with its type, for a reader that knows fewer types.
func tagged(value any) any {
	switch v := value.(type) {
	case template.HTML:
		return map[string]any{"html": string(v)}
	case int:
		return map[string]any{"int": strconv.Itoa(v)}
	case float64:
		return map[string]any{"float": v}
	case []any:
		list := []any{}
		for _, one := range v {
			list = append(list, tagged(one))
		}
		return list
	case map[string]any:
		entries := map[string]any{}
		for key, one := range v {
			entries[key] = tagged(one)
		}
		return map[string]any{"map": entries}
	}
	return value
}

func render(text string, data any) outcome {
	functions := template.FuncMap{"ToUpper": strings.ToUpper, "ToLower": strings.ToLower}
	parsed, err := template.New("page.html").Funcs(functions).Parse(text)
	if err != nil {
		return outcome{Error: "parse"}
	}
	var out bytes.Buffer
	err = parsed.Execute(&out, data)
	var escaping *template.Error
	if errors.As(err, &escaping) {
		return outcome{Error: "escape"}
	}
	if err != nil {
		return outcome{Error: "execute"}
	}
	rendered := out.String()
	return outcome{Text: &rendered}
}

// value is the data of the places: one value of any type.
type value struct{ V any }

// page is the data of the syntax table and of random templates.
type page struct {
	S, H, E string
	I, Z, N int
	F       float64
	B, C    bool
	M       template.HTML
	L, X, O []any
	D       map[string]any
}

var data = page{
	S: "plain", H: `"'><b>&amp;</b>{` + "`" + `$\/;:#?=+ é` + "\u2028", E: "",
	I: 42, Z: 0, N: -7, F: 2.5, B: true, C: false,
	M: `<i title="x">em &amp; ph</i>`,
	L: []any{"a", "b<", "c"}, X: []any{1, "two", 3.5, true, template.HTML("<u>")}, O: []any{},
	D: map[string]any{"k": "v", "n": 3, "a b": "c", "inner": map[string]any{"deep": "sea"}},
}

func fieldsOf(p page) map[string]any {
	return map[string]any{
		"S": p.S, "H": p.H, "E": p.E, "I": tagged(p.I), "Z": tagged(p.Z), "N": tagged(p.N), "F": tagged(p.F),
		"B": p.B, "C": p.C, "M": tagged(p.M), "L": tagged(p.L), "X": tagged(p.X), "O": tagged(p.O), "D": tagged(p.D),
	}
}

// head is the first line: the data of everything that follows.
type head struct {
	Values []any `json:"values"`
	Page   any   `json:"page"`
}

// place is a template with the outcome for each of the values.
type place struct {
	Place    string    `json:"place"`
	Outcomes []outcome `json:"outcomes"`
}

// written is a template over the data of the page.
type written struct {
	Kind     string  `json:"kind"`
	Template string  `json:"template"`
	Outcome  outcome `json:"outcome"`
}

func write(line any) {
	out, err := plain(line)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(out))
}

func main() {
	seed, count := int64(1), 1500
	first := head{Page: fieldsOf(data), Values: []any{}}
	for _, one := range values {
		first.Values = append(first.Values, tagged(one))
	}
	write(first)
	if len(os.Args) == 4 && os.Args[1] == "random" {
		seed, _ = strconv.ParseInt(os.Args[2], 10, 64)
		count, _ = strconv.Atoi(os.Args[3])
	} else {
		for _, text := range places {
			one := place{Place: text}
			for _, given := range values {
				one.Outcomes = append(one.Outcomes, render(text, value{given}))
			}
			write(one)
		}
		for _, text := range syntax {
			write(written{"syntax", text, render(text, data)})
		}
	}
	random := rand.New(rand.NewSource(seed))
	for seen := map[string]bool{}; len(seen) < count; {
		text := randomTemplate(random)
		if !seen[text] {
			seen[text] = true
			write(written{"random", text, render(text, data)})
		}
	}
}
