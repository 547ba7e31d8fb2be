export default (a { return a; }
