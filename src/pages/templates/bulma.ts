/** Colours of buttons, texts and boxes by their class names, each with what can be read on it. */
const COLORS: Readonly<Record<string, readonly [string, string]>> = {
  primary: ['#0a7d6c', '#fff'],
  link: ['#2a54c9', '#fff'],
  info: ['#1a6fa8', '#fff'],
  success: ['#1f7a3d', '#fff'],
  warning: ['#ffd75e', '#3a2e00'],
  danger: ['#c4314b', '#fff'],
  dark: ['#2b3038', '#fff'],
  black: ['#0a0a0a', '#fff'],
  light: ['#f3f4f6', '#2b3038'],
  white: ['#fff', '#1a1f29'],
}

const SIZES = ['3rem', '2.5rem', '2rem', '1.5rem', '1.25rem', '1rem', '.75rem']

const SPACES = ['0', '.25rem', '.5rem', '.75rem', '1rem', '1.5rem', '3rem']

const SIDES: Readonly<Record<string, readonly string[]>> = {
  '': [''],
  t: ['-top'],
  r: ['-right'],
  b: ['-bottom'],
  l: ['-left'],
  x: ['-left', '-right'],
  y: ['-top', '-bottom'],
}

const BASE = `*,::before,::after{box-sizing:border-box}
html{background:#fff;font-size:16px;min-width:300px;overflow-x:hidden;-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;color:#3d434d;font:400 1em/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Noto Sans","DejaVu Sans",sans-serif}
h1,h2,h3,h4,h5,h6,p,ul,ol,dl,dd,figure,pre,blockquote,fieldset{margin:0;padding:0;border:0}
h1,h2,h3,h4,h5,h6{font-size:100%;font-weight:400}
ul{list-style:none}img,video{max-width:100%;height:auto}
a{color:#2a54c9;text-decoration:none;cursor:pointer}a:hover{color:#1a1f29}strong{font-weight:700}
hr{height:2px;margin:1.5rem 0;border:0;background:#f1f2f4}
code,pre{font-family:ui-monospace,Menlo,Consolas,monospace;background:#f1f2f4}code{padding:.25em .5em;font-size:.875em}pre{padding:1.25rem 1.5rem;overflow-x:auto}
button,input,select,textarea{margin:0;font:inherit}
.section{padding:3rem 1.5rem}.section.is-medium{padding:9rem 4.5rem}
.container{position:relative;flex-grow:1;margin:0 auto;width:100%;max-width:1152px}.container.is-fluid{max-width:none;padding:0 2rem}
.hero{display:flex;flex-direction:column;justify-content:space-between}.hero-body{flex:1 0 auto;padding:3rem 1.5rem}.hero.is-fullheight{min-height:100vh}.hero.is-fullheight .hero-body{display:flex;align-items:center}
.footer{padding:3rem 1.5rem 6rem;background:#fafafa}
.box{display:block;padding:1.25rem;border-radius:6px;background:#fff;color:#3d434d;box-shadow:0 .5em 1em -.125em rgb(10 10 10/.1),0 0 0 1px rgb(10 10 10/.02)}
.block:not(:last-child),.box:not(:last-child),.content:not(:last-child),.notification:not(:last-child),.message:not(:last-child),.title:not(:last-child),.subtitle:not(:last-child){margin-bottom:1.5rem}
.title,.subtitle{word-break:break-word}.title{color:#2b3038;font-size:2rem;font-weight:600;line-height:1.125}.subtitle{font-size:1.25rem;line-height:1.25}.title+.subtitle:not(.is-spaced){margin-top:-1.25rem}
.content p:not(:last-child),.content ul:not(:last-child),.content ol:not(:last-child){margin-bottom:1em}.content ul{list-style:disc;margin:1em 0 0 2em}.content ol{margin-left:2em}.content h1,.content h2,.content h3{color:#2b3038;font-weight:600;line-height:1.125;margin-bottom:.6em}.content h1{font-size:2em}.content h2{font-size:1.75em}.content h3{font-size:1.5em}
.button{display:inline-flex;align-items:center;justify-content:center;min-height:2.5em;padding:calc(.5em - 1px) 1em;border:1px solid #d5d8dd;border-radius:4px;background:#fff;color:#2b3038;line-height:1.5;text-align:center;white-space:nowrap;cursor:pointer;user-select:none;-webkit-user-select:none}
.button:hover{border-color:#a9afb9;color:#2b3038}.button:focus-visible,.input:focus,.textarea:focus,.select select:focus{outline:0;border-color:#2a54c9;box-shadow:0 0 0 .125em rgb(42 84 201/.3)}
.button[disabled],.input[disabled]{opacity:.5;cursor:not-allowed}.button.is-fullwidth{display:flex;width:100%}.button.is-rounded{border-radius:9999px}.button.is-small{font-size:.75rem}.button.is-medium{font-size:1.25rem}.button.is-large{font-size:1.5rem}.button.is-text{border-color:transparent;background:transparent;text-decoration:underline}
.buttons{display:flex;flex-wrap:wrap;gap:.5rem}.buttons.is-centered{justify-content:center}.buttons.is-right{justify-content:flex-end}
.field:not(:last-child){margin-bottom:.75rem}.field.is-grouped{display:flex;gap:.75rem}.field.has-addons{display:flex}.control{position:relative;font-size:1rem;text-align:inherit}.control.is-expanded{flex:1}
.label{display:block;color:#2b3038;font-weight:700}.label:not(:last-child){margin-bottom:.5em}.help{display:block;margin-top:.25rem;font-size:.75rem}
.input,.textarea,.select select{width:100%;max-width:100%;min-height:2.5em;padding:calc(.5em - 1px) calc(.75em - 1px);border:1px solid #d5d8dd;border-radius:4px;background:#fff;color:#2b3038;line-height:1.5;box-shadow:inset 0 1px 2px rgb(10 10 10/.05)}
.input:hover,.textarea:hover{border-color:#a9afb9}.input.is-danger{border-color:#c4314b}.input.is-small{font-size:.75rem}.input.is-medium{font-size:1.25rem}.input.is-large{font-size:1.5rem}.textarea{display:block;min-height:8em;resize:vertical}
.checkbox,.radio{display:inline-block;cursor:pointer;line-height:1.25}.control.has-icons-left .input{padding-left:2.5em}.control.has-icons-right .input{padding-right:2.5em}.control .icon.is-left,.control .icon.is-right{position:absolute;top:0;height:2.5em;width:2.5em;pointer-events:none;color:#8a92a0}.control .icon.is-left{left:0}.control .icon.is-right{right:0}
.icon{display:inline-flex;align-items:center;justify-content:center;width:1.5rem;height:1.5rem}.image{display:block;position:relative}.image img{display:block;width:100%;height:auto}.image.is-64x64{width:64px;height:64px}.image.is-128x128{width:128px;height:128px}
.notification{position:relative;padding:1.25rem 2.5rem 1.25rem 1.5rem;border-radius:4px;background:#f3f4f6}.message{border-radius:4px;background:#f3f4f6}.message-header{padding:.75em 1em;border-radius:4px 4px 0 0;background:#4a505a;color:#fff;font-weight:700}.message-body{padding:1.25em 1.5em}
.delete{display:inline-block;width:20px;height:20px;border:0;border-radius:50%;background:rgb(10 10 10/.2);color:#fff;line-height:20px;text-align:center;cursor:pointer}.delete::before{content:"\\00d7"}.notification>.delete{position:absolute;top:.5rem;right:.5rem}
.tag{display:inline-flex;align-items:center;height:2em;padding:0 .75em;border-radius:4px;background:#f3f4f6;font-size:.75rem;white-space:nowrap}
.card{position:relative;max-width:100%;border-radius:4px;background:#fff;color:#3d434d;box-shadow:0 .5em 1em -.125em rgb(10 10 10/.1),0 0 0 1px rgb(10 10 10/.02)}
.card-header{display:flex;align-items:stretch;box-shadow:0 .125em .25em rgb(10 10 10/.1)}.card-header-title{display:flex;flex-grow:1;align-items:center;padding:.75rem 1rem;color:#2b3038;font-weight:700}.card-header-title.is-centered{justify-content:center}.card-header-icon{display:flex;align-items:center;justify-content:center;padding:.75rem 1rem;border:0;background:none;color:inherit;cursor:pointer}.card-content{padding:1.5rem}.card-footer{display:flex;border-top:1px solid #eceef1}.card-footer-item{flex:1 0 0;display:flex;align-items:center;justify-content:center;padding:.75rem}.card-image{display:block}
.columns{margin:-.75rem -.75rem .75rem}.columns:last-child{margin-bottom:-.75rem}.column{display:block;flex:1 1 0;padding:.75rem}.columns.is-mobile{display:flex}.level{display:flex;align-items:center;justify-content:space-between}
@media (min-width:769px){.columns:not(.is-desktop){display:flex}.columns.is-centered{justify-content:center}.columns.is-vcentered{align-items:center}.columns.is-multiline{flex-wrap:wrap}.column.is-narrow{flex:none}.column.is-full{flex:none;width:100%}.column.is-half{flex:none;width:50%}.column.is-one-third{flex:none;width:33.3333%}.column.is-two-thirds{flex:none;width:66.6666%}.column.is-one-quarter{flex:none;width:25%}.column.is-offset-one-quarter{margin-left:25%}}
.navbar{display:flex;align-items:center;min-height:3.25rem;background:#fff}.navbar-brand,.navbar-menu{display:flex;align-items:center}.navbar-item{padding:.5rem .75rem;color:inherit}
.is-hidden{display:none!important}.is-invisible{visibility:hidden!important}.is-sr-only{position:absolute!important;width:1px!important;height:1px!important;overflow:hidden!important;clip-path:inset(50%)!important;white-space:nowrap!important}
.is-block{display:block!important}.is-flex{display:flex!important}.is-inline{display:inline!important}.is-inline-block{display:inline-block!important}.is-flex-direction-column{flex-direction:column!important}.is-justify-content-center{justify-content:center!important}.is-align-items-center{align-items:center!important}.is-clickable{cursor:pointer!important}.is-fullwidth{width:100%}.is-shadowless{box-shadow:none!important}.is-radiusless{border-radius:0!important}.is-marginless{margin:0!important}.is-paddingless{padding:0!important}.is-pulled-right{float:right!important}.is-pulled-left{float:left!important}.is-clearfix::after{content:"";display:table;clear:both}.is-relative{position:relative!important}
.has-text-centered{text-align:center!important}.has-text-left{text-align:left!important}.has-text-right{text-align:right!important}.has-text-weight-bold{font-weight:700!important}.has-text-weight-semibold{font-weight:600!important}.has-text-weight-normal{font-weight:400!important}.is-uppercase{text-transform:uppercase!important}.is-capitalized{text-transform:capitalize!important}.is-italic{font-style:italic!important}.is-family-monospace{font-family:ui-monospace,Menlo,Consolas,monospace!important}
.has-text-grey{color:#687180!important}.has-text-grey-dark{color:#4a505a!important}.has-text-grey-light{color:#8a92a0!important}.has-background-grey-lighter{background:#dde0e5!important}.mx-auto{margin-left:auto!important;margin-right:auto!important}`

/**
 * Style sheet at the address of oauth2-proxy's Bulma: own rules for the class names of Bulma that pages of this kind use, so
 * that a template that was written for it looks as meant.
 */
export const BULMA_STYLES = [
  BASE,
  ...Object.entries(COLORS).map(([name, color]) => colorRules(name, color)),
  ...SIZES.map(
    (size, at) =>
      `.title.is-${at + 1},.subtitle.is-${at + 1}{font-size:${size}}.is-size-${at + 1}{font-size:${size}!important}`,
  ),
  ...spaceRules('m', 'margin'),
  ...spaceRules('p', 'padding'),
  '',
].join('\n')

function colorRules(name: string, [ground, ink]: readonly [string, string]): string {
  return `.button.is-${name}{border-color:transparent;background:${ground};color:${ink}}.button.is-${name}:hover{filter:brightness(.94);color:${ink}}.button.is-${name}.is-outlined{border-color:${ground};background:transparent;color:${ground}}.notification.is-${name},.hero.is-${name},.tag.is-${name},.message.is-${name} .message-header,.navbar.is-${name}{background:${ground};color:${ink}}.has-text-${name}{color:${ground}!important}.has-background-${name}{background:${ground}!important}`
}

function spaceRules(letter: string, property: string): readonly string[] {
  return SPACES.map((space, at) =>
    Object.entries(SIDES)
      .map(
        ([side, ends]) =>
          `.${letter}${side}-${at}{${ends.map((end) => `${property}${end}:${space}!important`).join(';')}}`,
      )
      .join(''),
  )
}
