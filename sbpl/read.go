package sbpl

import (
	"errors"
	"fmt"
	"strings"
)

// Parse reads what Format writes, and refuses everything else: a form that is malformed, an operation or a filter that the
// tables do not have, a filter on an operation that it does not belong to, a parameter that is not given or not used. Comments
// are dropped, and with them what Why said.
func Parse(text string, params []Param) (Profile, error) {
	given := map[string]string{}
	for _, p := range params {
		if _, twice := given[p.Name]; twice {
			return nil, fmt.Errorf("parameter %q is given twice", p.Name)
		}
		given[p.Name] = p.Value
	}
	forms, err := readForms(text)
	if err != nil {
		return nil, err
	}
	if len(forms) < 2 || forms[0].String() != "(version 1)" || forms[1].String() != "(deny default)" {
		return nil, errors.New("a profile begins with (version 1) and (deny default)")
	}
	r := reader{given: given, used: map[string]bool{}}
	var p Profile
	for _, f := range forms[2:] {
		rule, err := r.rule(f)
		if err == nil {
			err = rule.check()
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f, err)
		}
		p = append(p, rule)
	}
	for name := range given {
		if !r.used[name] {
			return nil, fmt.Errorf("parameter %q is not used", name)
		}
	}
	return p, nil
}

type reader struct {
	given map[string]string
	used  map[string]bool
}

func (r reader) rule(f form) (rule Rule, err error) {
	if f.kind != aList || len(f.list) < 2 || f.list[0].kind != aSymbol {
		return rule, errors.New("no rule")
	}
	rule.Action = Action(f.list[0].text)
	for _, part := range f.list[1:] {
		if part.kind == aSymbol && len(rule.Filters) == 0 {
			rule.Operations = append(rule.Operations, Operation(part.text))
			continue
		}
		filter, err := r.filter(part)
		if err != nil {
			return rule, err
		}
		rule.Filters = append(rule.Filters, filter)
	}
	return rule, nil
}

func (r reader) filter(f form) (filter Filter, err error) {
	if f.kind != aList || len(f.list) < 2 || f.list[0].kind != aSymbol {
		return filter, fmt.Errorf("%s is no filter", f)
	}
	filter.Kind = Kind(f.list[0].text)
	args := f.list[1:]
	switch filter.Kind {
	case RequireAll:
		for _, each := range args {
			one, err := r.filter(each)
			if err != nil {
				return filter, err
			}
			filter.All = append(filter.All, one)
		}
		return filter, nil
	case Regex:
		filter.Value, filter.Tail, err = r.regex(args)
		return filter, err
	case Local, Remote:
		if args[0].kind != aSymbol || args[0].text != "ip" {
			return filter, fmt.Errorf("%s: only ip is known", f)
		}
		args = args[1:]
	case Target, SocketDomain:
		if len(args) != 1 || args[0].kind != aSymbol {
			return filter, fmt.Errorf("%s takes one symbol", filter.Kind)
		}
		filter.Value = args[0].text
		return filter, nil
	}
	if len(args) != 1 {
		return filter, fmt.Errorf("%s takes one string", filter.Kind)
	}
	filter.Value, err = r.text(args[0])
	return filter, err
}

// regex reads #"^TAIL$" or (string-append "^" (regex-quote VALUE) #"TAIL$").
func (r reader) regex(args []form) (value, tail string, err error) {
	malformed := errors.New("a regex is anchored at both ends")
	if len(args) != 1 {
		return "", "", malformed
	}
	arg := args[0]
	if arg.kind == aRaw {
		tail, head := strings.CutPrefix(arg.text, "^")
		tail, end := strings.CutSuffix(tail, "$")
		if !head || !end {
			return "", "", malformed
		}
		return "", tail, nil
	}
	if arg.kind != aList || len(arg.list) != 4 || arg.list[0].text != "string-append" || arg.list[1].kind != aString || arg.list[1].text != "^" || arg.list[3].kind != aRaw {
		return "", "", malformed
	}
	quoted := arg.list[2]
	if quoted.kind != aList || len(quoted.list) != 2 || quoted.list[0].text != "regex-quote" {
		return "", "", malformed
	}
	tail, end := strings.CutSuffix(arg.list[3].text, "$")
	if !end {
		return "", "", malformed
	}
	value, err = r.text(quoted.list[1])
	return value, tail, err
}

// text reads a string, or (param "NAME").
func (r reader) text(f form) (string, error) {
	if f.kind == aString {
		return f.text, nil
	}
	if f.kind != aList || len(f.list) != 2 || f.list[0].kind != aSymbol || f.list[0].text != "param" || f.list[1].kind != aString {
		return "", fmt.Errorf("%s is no string", f)
	}
	name := f.list[1].text
	value, ok := r.given[name]
	if !ok {
		return "", fmt.Errorf("parameter %q is not given", name)
	}
	r.used[name] = true
	return value, nil
}
