/** Scopes: which variable each identifier means. */
import { childrenOf, isFunction, type Node } from "../syntax/ast.js";

export type VariableKind =
  | "var"
  | "let"
  | "const"
  | "class"
  | "function"
  | "param"
  | "catch"
  | "import"
  /** The name of a function or class expression inside itself. */
  | "self";

export class Variable {
  readonly name: string;
  kind: VariableKind;
  readonly scope: Scope;
  readonly references: Reference[] = [];
  /** It is declared more than once, such as a parameter that is declared with `var` again. */
  redeclared = false;
  /** The name in its declaration, if that gives it its first value. */
  declared: Node | null = null;
  /** Something else than its declaration writes to it. */
  changes = false;

  constructor(name: string, kind: VariableKind, scope: Scope) {
    this.name = name;
    this.kind = kind;
    this.scope = scope;
  }

  add(reference: Reference): void {
    this.references.push(reference);
    if (reference.init) this.declared ??= reference.node;
    else this.changes ||= reference.write;
  }
}

export interface Reference {
  readonly node: Node;
  readonly scope: Scope;
  variable: Variable | null;
  readonly read: boolean;
  readonly write: boolean;
  /** It is the declaration itself, and writes the first value. */
  readonly init: boolean;
}

export class Scope {
  readonly node: Node;
  readonly parent: Scope | null;
  /** The function, or the program, to which it belongs. */
  owner: Scope;
  readonly variables: Map<string, Variable> = new Map();

  constructor(node: Node, parent: Scope | null) {
    this.node = node;
    this.parent = parent;
    this.owner = parent === null || isFunction(node) ? this : parent.owner;
  }

  declare(name: string, kind: VariableKind): Variable {
    const known = this.variables.get(name);
    if (known !== undefined) {
      known.redeclared = true;
      return known;
    }
    const variable = new Variable(name, kind, this);
    this.variables.set(name, variable);
    return variable;
  }

  find(name: string): Variable | null {
    return this.variables.get(name) ?? this.parent?.find(name) ?? null;
  }
}

/** What a function uses of its activation, directly or in arrow functions inside. */
interface Uses {
  this: boolean;
  arguments: boolean;
  /** `super`, `new.target` or a private name: what binds the code to the place where it is written. */
  home: boolean;
  eval: boolean;
}

export interface Scopes {
  readonly program: Scope;
  readonly references: ReadonlyMap<Node, Reference>;
  readonly scopeOf: ReadonlyMap<Node, Scope>;
  /** The scopes of each function, without those of functions inside. */
  readonly scopesOfOwner: ReadonlyMap<Node, readonly Scope[]>;
  readonly uses: ReadonlyMap<Node, Uses>;
  readonly hasWith: boolean;
  /** Whether something in the file has the name `undefined`, which the output uses. */
  readonly hidesUndefined: boolean;
}

export function analyseScopes(program: Node): Scopes {
  return new Builder(program).build();
}

const OWN_SCOPE: ReadonlySet<string> = new Set([
  "BlockStatement",
  "ForStatement",
  "ForInStatement",
  "ForOfStatement",
  "SwitchStatement",
  "CatchClause",
  "StaticBlock",
]);

class Builder {
  readonly #root: Scope;
  readonly #references: Map<Node, Reference> = new Map();
  readonly #scopeOf: Map<Node, Scope> = new Map();
  readonly #uses: Map<Node, Uses> = new Map();
  #hasWith = false;

  constructor(program: Node) {
    this.#root = new Scope(program, null);
    this.#scopeOf.set(program, this.#root);
    this.#uses.set(program, noUses());
  }

  build(): Scopes {
    for (const statement of this.#root.node.body as Node[]) this.#visit(statement, this.#root);
    for (const reference of this.#references.values()) {
      const variable = reference.scope.find(reference.node.name);
      reference.variable = variable;
      variable?.add(reference);
      if (variable === null && reference.node.name === "arguments") {
        this.#use(reference.scope, "arguments");
      }
    }
    return {
      program: this.#root,
      references: this.#references,
      scopeOf: this.#scopeOf,
      scopesOfOwner: this.#byOwner(),
      uses: this.#uses,
      hasWith: this.#hasWith,
      hidesUndefined: [...this.#scopeOf.values()].some(({ variables }) =>
        variables.has("undefined"),
      ),
    };
  }

  #byOwner(): Map<Node, Scope[]> {
    const found = new Map<Node, Scope[]>();
    for (const scope of new Set(this.#scopeOf.values())) {
      const scopes = found.get(scope.owner.node);
      if (scopes === undefined) found.set(scope.owner.node, [scope]);
      else scopes.push(scope);
    }
    return found;
  }

  #scope(node: Node, parent: Scope): Scope {
    const scope = new Scope(node, parent);
    this.#scopeOf.set(node, scope);
    return scope;
  }

  #refer(node: Node, scope: Scope, read: boolean, write: boolean, init = false): void {
    this.#references.set(node, { node, scope, variable: null, read, write, init });
  }

  /** Notes a use in the function of a scope and, through arrow functions, in those around. */
  #use(scope: Scope, what: keyof Uses): void {
    let owner: Scope | null = scope.owner;
    while (owner !== null) {
      const uses = this.#uses.get(owner.node) as Uses;
      uses[what] = true;
      const goesOn: boolean = what === "eval" || owner.node.type === "ArrowFunctionExpression";
      owner = goesOn ? (owner.parent?.owner ?? null) : null;
    }
  }

  #visit(node: Node, scope: Scope): void {
    switch (node.type) {
      case "Identifier":
        this.#refer(node, scope, true, false);
        return;
      case "FunctionDeclaration":
      case "FunctionExpression":
      case "ArrowFunctionExpression":
        this.#function(node, scope);
        return;
      case "ClassDeclaration":
      case "ClassExpression":
        this.#class(node, scope);
        return;
      case "VariableDeclaration":
        this.#variables(node, scope, false);
        return;
      case "AssignmentExpression":
        if (node.left.type === "Identifier") {
          this.#refer(node.left, scope, node.operator !== "=", true);
        } else this.#pattern(node.left, scope, null);
        this.#visit(node.right, scope);
        return;
      case "UpdateExpression":
        if (node.argument.type === "Identifier") this.#refer(node.argument, scope, true, true);
        else this.#visit(node.argument, scope);
        return;
      case "MemberExpression":
        this.#visit(node.object, scope);
        if (node.computed) this.#visit(node.property, scope);
        else if (node.property.type === "PrivateIdentifier") this.#use(scope, "home");
        return;
      case "BinaryExpression":
        if (node.left.type === "PrivateIdentifier") this.#use(scope, "home");
        break;
      case "Property":
      case "MethodDefinition":
      case "PropertyDefinition":
      case "AccessorProperty":
        this.#property(node, scope);
        return;
      case "LabeledStatement":
        this.#visit(node.body as Node, scope);
        return;
      case "BreakStatement":
      case "ContinueStatement":
        return;
      case "ThisExpression":
        this.#use(scope, "this");
        return;
      case "Super":
        this.#use(scope, "home");
        this.#use(scope, "this");
        return;
      case "MetaProperty":
        // `import.meta` is the same everywhere in a module.
        if ((node as unknown as { meta: Node }).meta.name === "new") this.#use(scope, "home");
        return;
      case "WithStatement":
        this.#hasWith = true;
        break;
      case "CallExpression":
        if (node.callee.type === "Identifier" && node.callee.name === "eval") {
          this.#use(scope, "eval");
        }
        break;
      case "ImportDeclaration":
        for (const each of node.specifiers) {
          this.#root.declare(each.local.name, "import");
          this.#refer(each.local, this.#root, false, true, true);
        }
        return;
      case "ExportNamedDeclaration":
        if (node.declaration !== null) this.#visit(node.declaration, scope);
        else if ((node.source as Node | null) === null) {
          for (const each of node.specifiers) {
            if (each.local.type === "Identifier") this.#refer(each.local, scope, true, false);
          }
        }
        return;
      case "ExportAllDeclaration":
        return;
      case "JSXIdentifier":
        if (/^[A-Z_$]/.test(node.name) || node.parent?.type === "JSXMemberExpression") {
          this.#refer(node, scope, true, false);
        }
        return;
      case "JSXAttribute":
        if (node.value !== null) this.#visit(node.value, scope);
        return;
      case "JSXMemberExpression":
        this.#visit(node.object, scope);
        return;
      case "CatchClause": {
        const inner = this.#scope(node, scope);
        if (node.param !== null) this.#pattern(node.param, inner, "catch");
        this.#visit(node.body as Node, inner);
        return;
      }
      case "ForInStatement":
      case "ForOfStatement": {
        const inner = this.#scope(node, scope);
        if (node.left.type === "VariableDeclaration") this.#variables(node.left, inner, true);
        else this.#pattern(node.left, inner, null);
        this.#visit(node.right, inner);
        this.#visit(node.body as Node, inner);
        return;
      }
    }
    const inner = OWN_SCOPE.has(node.type) ? this.#scope(node, scope) : scope;
    if (node.type === "SwitchStatement") {
      // The subject is evaluated outside of the scope of the cases.
      this.#visit(node.discriminant, scope);
      for (const each of node.cases) this.#visit(each, inner);
      return;
    }
    if (node.type === "StaticBlock") this.#own(inner);
    for (const child of childrenOf(node)) this.#visit(child, inner);
  }

  #function(node: Node, outer: Scope): void {
    this.#uses.set(node, noUses());
    let around = outer;
    if (node.id !== null && node.id !== undefined) {
      if (node.type === "FunctionDeclaration") {
        outer.declare(node.id.name, "function");
        this.#refer(node.id, outer, false, true, true);
      } else {
        around = new Scope(node.id, outer);
        around.declare(node.id.name, "self");
        this.#refer(node.id, around, false, true, true);
      }
    }
    const scope = this.#scope(node, around);
    for (const param of node.params) this.#pattern(param, scope, "param");
    const body = node.body as Node | null;
    if (body === null) return;
    if (body.type !== "BlockStatement" && body.type !== "FunctionBody") {
      this.#visit(body, scope);
      return;
    }
    // The body's block has no scope of its own, so that it shares the function's names.
    this.#scopeOf.set(body, scope);
    for (const statement of body.body as Node[]) this.#visit(statement, scope);
  }

  #class(node: Node, outer: Scope): void {
    let inner = outer;
    if (node.id !== null) {
      if (node.type === "ClassDeclaration") {
        outer.declare(node.id.name, "class");
        this.#refer(node.id, outer, false, true, true);
      }
      inner = new Scope(node.id, outer);
      inner.declare(node.id.name, "self");
    }
    for (const child of childrenOf(node)) if (child !== node.id) this.#visit(child, inner);
  }

  #property(node: Node, scope: Scope): void {
    for (const each of (node as unknown as { decorators?: Node[] }).decorators ?? []) {
      this.#visit(each, scope);
    }
    if (node.computed) this.#visit(node.key, scope);
    else if (node.key.type === "PrivateIdentifier") this.#use(scope, "home");
    const value = node.value as Node | null;
    if (value === null) return;
    if (node.type !== "PropertyDefinition" && node.type !== "AccessorProperty") {
      this.#visit(value, scope);
      return;
    }
    const field = new Scope(node, scope);
    this.#own(field);
    this.#visit(value, field);
  }

  /** An initialiser or a static block runs as a method: its `this` is not that of the function around. */
  #own(scope: Scope): void {
    this.#uses.set(scope.node, noUses());
    scope.owner = scope;
  }

  #variables(node: Node, scope: Scope, assigned: boolean): void {
    const kind = node.kind === "var" ? "var" : node.kind === "let" ? "let" : "const";
    for (const each of node.declarations) {
      const initialises = each.init !== null || assigned || kind !== "var";
      this.#pattern(each.id as Node, scope, kind, initialises);
      if (each.init !== null) this.#visit(each.init, scope);
    }
  }

  /** A pattern that declares variables of a kind, or assigns if `kind` is null. */
  #pattern(node: Node, scope: Scope, kind: VariableKind | null, initialises = true): void {
    switch (node.type) {
      case "Identifier":
        if (kind === null) {
          this.#refer(node, scope, false, true);
          return;
        }
        (kind === "var" ? functionScope(scope) : scope).declare(node.name, kind);
        this.#refer(node, scope, false, initialises, kind !== "var");
        return;
      case "AssignmentPattern":
        this.#pattern(node.left, scope, kind);
        this.#visit(node.right, scope);
        return;
      case "ArrayPattern":
        for (const each of node.elements) if (each !== null) this.#pattern(each, scope, kind);
        return;
      case "ObjectPattern":
        for (const each of node.properties) {
          if (each.type === "RestElement") this.#pattern(each.argument, scope, kind);
          else {
            if (each.computed) this.#visit(each.key, scope);
            this.#pattern(each.value, scope, kind);
          }
        }
        return;
      case "RestElement":
        this.#pattern(node.argument, scope, kind);
        return;
      default:
        this.#visit(node, scope);
    }
  }
}

/** Where a `var` of this scope is declared. */
function functionScope(scope: Scope): Scope {
  return scope.owner;
}

function noUses(): Uses {
  return { this: false, arguments: false, home: false, eval: false };
}
